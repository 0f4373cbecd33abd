/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting what there is, for who asks: nothing is counted while it works. */
#include <net/counts.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include <dev/net.h>

#include "core.h"

static void count_active(struct net_counts *counts)
{
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		if (pcb->state == SYN_RCVD)
			counts->half_open++;
		else if (pcb->callback_arg)
			counts->connections++;
		else
			counts->orphans++;
}

void net_count(struct net_counts *counts)
{
	const struct net_device *device;

	*counts = (struct net_counts){0};
	GUARD(net);
	count_active(counts);
	for (const struct tcp_pcb *pcb = tcp_bound_pcbs; pcb; pcb = pcb->next)
		counts->bound++;
	for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
		counts->ended++;
	for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next)
		counts->listening++;
	for (const struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next)
		counts->udp++;
	for (unsigned i = 0; (device = net_device_at(i)); i++) {
		counts->frames_in += device->frames_in;
		counts->frames_out += device->frames_out;
		counts->dropped += device->dropped;
	}
}
