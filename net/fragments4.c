/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of IPv4 that are longer than the card's frames: in pieces, or as the card cuts them. */
#define ip4_frag lwip_ip4_frag
#include <lwip/../../core/ipv4/ip4_frag.c>
#undef ip4_frag

#include "large.h"

err_t ip4_frag(struct pbuf *packet, struct netif *netif, const ip4_addr_t *to);

err_t ip4_frag(struct pbuf *packet, struct netif *netif, const ip4_addr_t *to)
{
	return large_goes(packet, netif, IP_HLEN) ? netif->output(netif, packet, to)
						  : lwip_ip4_frag(packet, netif, to);
}
