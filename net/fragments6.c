/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's packets of IPv6 in pieces, by way of copies. Its other way moves the beginning of
 * what is cut along as it goes (ip6_frag() in lwIP 2.2.1); segments of TCP, which it keeps, then
 * lack parts when they are sent again, and an end where one is looked for.
 */
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#define ip6_frag		  lwip_ip6_frag
#include <lwip/../../core/ipv6/ip6_frag.c>
#undef ip6_frag

#include "large.h"

err_t ip6_frag(struct pbuf *packet, struct netif *netif, const ip6_addr_t *to);

/* Long segments go as they are where the card cuts them to what the way takes. */
err_t ip6_frag(struct pbuf *packet, struct netif *netif, const ip6_addr_t *to)
{
	return nd6_get_destination_mtu(to, netif) >= netif->mtu &&
			       large_goes(packet, netif, IP6_HLEN)
		       ? netif->output_ip6(netif, packet, to)
		       : lwip_ip6_frag(packet, netif, to);
}
