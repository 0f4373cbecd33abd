/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a neighbour's address becomes known the library sends what waits for it, until nothing does
 * (nd6_send_q() in lwIP 2.2.1). Meanwhile a packet whose next hop has become another one may need a
 * place in the full table of neighbours, and gets that of the very neighbour: it waits there again,
 * and is sent again, for ever. Who can redirect a destination can make that happen. So what is sent
 * on from there is counted, and what is too much is dropped: then nothing waits any more.
 */
#include "neighbours.h"

#include <lwip/ethip6.h>
#include <lwip/nd6.h>
#include <lwip/prot/icmp6.h>

#include <base/compiler.h>

/* More than may wait for all neighbours (MEMP_NUM_ND6_QUEUE) and the questions of one second. */
#define MOST 64

uint32_t neighbours_left = NEIGHBOURS_ANY;

err_t neighbours_output(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
	/* Who is bound to a card's address and sends to its own machine. */
	if (UNLIKELY(ip6_addr_isloopback(to)))
		return ERR_RTE;
	if (UNLIKELY(neighbours_left != NEIGHBOURS_ANY)) {
		if (!neighbours_left)
			return ERR_MEM;
		neighbours_left--;
	}
	return ethip6_output(netif, packet, to);
}

void neighbours_advertised(const struct netif *netif)
{
	/* Within the machine nobody is a neighbour, and no frame of a card ends. */
	if (netif->hwaddr_len)
		neighbours_left = MOST;
}

/*
 * Are the options of a message whole, and none of them empty [rfc4861 6.1, 7.1, 8.1]? The library
 * would take an address from behind the packet's end.
 */
bool neighbours_options_fit(const struct pbuf *packet, unsigned at, uint8_t type)
{
	static const uint8_t headers[] = {8, 16, 24, 24, 40};
	unsigned length;

	if (type < ICMP6_TYPE_RS || type > ICMP6_TYPE_RD)
		return true;
	for (at += headers[type - ICMP6_TYPE_RS]; at < packet->tot_len; at += length * 8) {
		length = at + 1 < packet->tot_len ? pbuf_get_at(packet, (u16_t)(at + 1)) : 0;
		if (!length)
			return false;
	}
	return at == packet->tot_len;
}

void neighbours_tick(void)
{
	neighbours_left = MOST;
	nd6_tmr();
	neighbours_left = NEIGHBOURS_ANY;
}
