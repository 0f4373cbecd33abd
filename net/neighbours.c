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
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/nd6.h>

#include <base/compiler.h>
#include <base/str.h>

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

/*
 * Who is the next hop so far says so, and names the destination itself or a router by an address of
 * this link [rfc4861 8.1]. The library would believe anybody.
 */
bool neighbours_may_redirect(const struct pbuf *packet, unsigned at, const ip6_addr_t *from)
{
	struct netif *netif = ip_current_input_netif();
	struct redirect_header header;
	ip6_addr_t target, to;

	if (pbuf_copy_partial(packet, &header, sizeof(header), (u16_t)at) != sizeof(header) ||
	    header.type != ICMP6_TYPE_RD)
		return true;
	ip6_addr_copy_from_packed(target, header.target_address);
	ip6_addr_assign_zone(&target, IP6_UNICAST, netif);
	ip6_addr_copy_from_packed(to, header.destination_address);
	ip6_addr_assign_zone(&to, IP6_UNICAST, netif);
	if (!ip6_addr_eq(&target, &to) &&
	    !(ip6_addr_islinklocal(&target) && ip6_addr_net_eq(&target, netif_ip6_addr(netif, 0))))
		return false;
	for (unsigned i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++)
		if (ip6_addr_eq(&destination_cache[i].destination_addr, &to))
			return ip6_addr_eq(&destination_cache[i].next_hop_addr, from);
	return false;
}

/* An advertisement nobody asked for, which counts more than what they knew [rfc4861 7.2.6]. */
static void announce(struct netif *netif, const ip6_addr_t *own)
{
	struct {
		struct na_header header;
		uint8_t type, length, mac[ETH_HWADDR_LEN];
	} message = {
		.header = {.type = ICMP6_TYPE_NA, .flags = ND6_FLAG_OVERRIDE},
		.type = ND6_OPTION_TYPE_TARGET_LLADDR,
		.length = 1, /* of 8 bytes */
	};
	struct pbuf *packet = pbuf_alloc(PBUF_IP, sizeof(message), PBUF_RAM);
	ip6_addr_t all;

	if (!packet)
		return;
	ip6_addr_set_allnodes_linklocal(&all);
	ip6_addr_assign_zone(&all, IP6_MULTICAST, netif);
	ip6_addr_copy_to_packed(message.header.target_address, *own);
	memcpy(message.mac, netif->hwaddr, sizeof(message.mac));
	(void)pbuf_take(packet, &message, sizeof(message));
	message.header.chksum = ip6_chksum_pseudo(packet, IP6_NEXTH_ICMP6, sizeof(message), own,
						  &all);
	(void)pbuf_take(packet, &message, sizeof(message));
	(void)ip6_output_if(packet, own, &all, ND6_HOPLIM, 0, IP6_NEXTH_ICMP6, netif);
	pbuf_free(packet);
}

void neighbours_announce(struct netif *netif)
{
	for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
			announce(netif, netif_ip6_addr(netif, i));
}

/*
 * Where a way led to somebody who does not answer any more, it is looked for anew [rfc4861 7.3.3]:
 * the library would go on to ask for him, as long as there is something to send.
 */
static void forget_dead_ends(void)
{
	for (unsigned i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
		struct nd6_destination_cache_entry *to = &destination_cache[i];
		unsigned next = 0;

		while (next < LWIP_ND6_NUM_NEIGHBORS &&
		       !ip6_addr_eq(&to->next_hop_addr, &neighbor_cache[next].next_hop_address))
			next++;
		if (next == LWIP_ND6_NUM_NEIGHBORS &&
		    !ip6_addr_eq(&to->next_hop_addr, &to->destination_addr))
			ip6_addr_set_any(&to->destination_addr);
	}
}

void neighbours_tick(void)
{
	neighbours_left = MOST;
	nd6_tmr();
	forget_dead_ends();
	neighbours_left = NEIGHBOURS_ANY;
}
