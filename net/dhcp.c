/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking for an address. The library goes through the options of an answer as if each of its pieces
 * were longer than any option (dhcp_parse_reply() in lwIP 2.2.1): who sends one in fragments would
 * have it read behind their ends. So it gets answers in one piece.
 */
#include <lwip/dhcp.h>
#include <lwip/prot/iana.h>
#include <lwip/udp.h>

#include "cards.h"

static udp_recv_fn library;

static void on_answer(void *arg, struct udp_pcb *pcb, struct pbuf *answer, const ip_addr_t *from,
		      u16_t port)
{
	answer = pbuf_coalesce(answer, PBUF_RAW);
	if (answer->next)
		pbuf_free(answer); /* memory is out */
	else
		library(arg, pcb, answer, from, port);
}

/* All cards share one. */
static void watch(void)
{
	for (struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next)
		if (pcb->local_port == LWIP_IANA_PORT_DHCP_CLIENT &&
		    pcb->remote_port == LWIP_IANA_PORT_DHCP_SERVER && !pcb->recv_arg &&
		    pcb->recv != on_answer) {
			library = pcb->recv;
			pcb->recv = on_answer;
		}
}

void cards_ask(struct netif *netif)
{
	dhcp_start(netif);
	watch();
}

/* What was lent too long is given up, and everything begins anew. */
void cards_lease_tick(void)
{
	dhcp_coarse_tmr();
	watch();
}
