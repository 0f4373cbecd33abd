/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a packet of ours did not reach: the library drops what ICMP says of that [rfc792, rfc4443],
 * and nobody asks further who does not answer for the next hop. Sockets are told as Linux tells
 * them: a connected datagram socket, and a stream that is being connected. Lock held.
 */
#include <errno.h>

#include <lwip/etharp.h>
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/ip4.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/raw.h>
#include <lwip/udp.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>

#include "neighbours.h"
#include "tcp.h"
#include "unreachable.h"

#define ICMP_HEADER 8

/* [rfc792, rfc1812 5.2.7.1] by code; 0: not told. */
static const uint8_t errors4[] = {
	ENETUNREACH,
	EHOSTUNREACH,
	ENOPROTOOPT,
	ECONNREFUSED,
	0,
	0,
	ENETUNREACH,
	EHOSTDOWN,
	ENONET,
	ENETUNREACH,
	EHOSTUNREACH,
	ENETUNREACH,
	EHOSTUNREACH,
	EHOSTUNREACH,
	EHOSTUNREACH,
	EHOSTUNREACH,
};
/* [rfc4443 3.1] */
static const uint8_t errors6[] = {
	ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EACCES,
};

/* A packet of ours, as the message quotes it. */
struct quoted {
	ip_addr_t from, to;
	uint16_t from_port, to_port;
	uint32_t sequence;
	uint8_t protocol;
};

static bool read_ports(const struct pbuf *packet, unsigned at, struct quoted *quoted)
{
	uint8_t ports[8];

	if (pbuf_copy_partial(packet, ports, sizeof(ports), (u16_t)at) != sizeof(ports))
		return false;
	quoted->from_port = be16_load(ports);
	quoted->to_port = be16_load(ports + 2);
	quoted->sequence = be32_load(ports + 4);
	return true;
}

static bool read_quoted4(const struct pbuf *packet, unsigned at, struct quoted *quoted)
{
	struct ip_hdr ip;

	if (pbuf_copy_partial(packet, &ip, sizeof(ip), (u16_t)at) != sizeof(ip) ||
	    IPH_V(&ip) != 4 || IPH_HL_BYTES(&ip) < IP_HLEN ||
	    IPH_OFFSET(&ip) & PP_HTONS(IP_OFFMASK))
		return false;
	ip_addr_copy_from_ip4(quoted->from, ip.src);
	ip_addr_copy_from_ip4(quoted->to, ip.dest);
	quoted->protocol = IPH_PROTO(&ip);
	return read_ports(packet, at + IPH_HL_BYTES(&ip), quoted);
}

static bool read_quoted6(const struct pbuf *packet, unsigned at, struct quoted *quoted)
{
	struct ip6_hdr ip;

	if (pbuf_copy_partial(packet, &ip, sizeof(ip), (u16_t)at) != sizeof(ip) || IP6H_V(&ip) != 6)
		return false;
	ip_addr_copy_from_ip6_packed(quoted->from, ip.src);
	ip_addr_copy_from_ip6_packed(quoted->to, ip.dest);
	ip6_addr_assign_zone(ip_2_ip6(&quoted->from), IP6_UNICAST, ip_current_input_netif());
	ip6_addr_assign_zone(ip_2_ip6(&quoted->to), IP6_UNICAST, ip_current_input_netif());
	quoted->protocol = IP6H_NEXTH(&ip);
	return read_ports(packet, at + IP6_HLEN, quoted);
}

static void tell_datagrams(const struct quoted *quoted, int error)
{
	for (struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next) {
		struct inet *inet = pcb->recv_arg;

		if (!inet || !(pcb->flags & UDP_FLAGS_CONNECTED) ||
		    pcb->local_port != quoted->from_port || pcb->remote_port != quoted->to_port ||
		    !ip_addr_eq(&pcb->remote_ip, &quoted->to))
			continue;
		inet->error = error;
		inet_changed(inet, POLL_READABLE | POLL_WRITABLE | POLLERR);
	}
}

static void give_up(struct tcp_pcb *pcb, int error)
{
	struct inet *inet = pcb->callback_arg;

	tcp_abandon(pcb, 0);
	if (inet)
		inet->error = error;
}

/* Only what quotes the very segment that waits for its answer is believed [rfc5927]. */
static void tell_stream(const struct quoted *quoted, int error)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		const struct tcp_seg *first = pcb->unacked ? pcb->unacked : pcb->unsent;

		if (pcb->state != SYN_SENT || pcb->local_port != quoted->from_port ||
		    pcb->remote_port != quoted->to_port ||
		    !ip_addr_eq(&pcb->remote_ip, &quoted->to) || !first ||
		    lwip_ntohl(first->tcphdr->seqno) != quoted->sequence)
			continue;
		give_up(pcb, error);
		return;
	}
}

static void tell(const struct quoted *quoted, int error)
{
	/* That a whole net or host is out of reach may pass: one that is connected is not told. */
	bool lasting = error != ENETUNREACH && error != EHOSTUNREACH;

	if (quoted->protocol == IP_PROTO_UDP && lasting)
		tell_datagrams(quoted, error);
	if (quoted->protocol == IP_PROTO_TCP)
		tell_stream(quoted, error);
}

/*
 * How much a path takes is never less than this, nor more than the link does [rfc8201 4]: the
 * library would believe anything. True of all other messages.
 */
static bool is_path_mtu(const struct pbuf *packet, unsigned at)
{
	const struct netif *netif = ip_current_input_netif();
	struct icmp6_hdr icmp;
	uint32_t mtu;

	if (pbuf_copy_partial(packet, &icmp, sizeof(icmp), (u16_t)at) != sizeof(icmp) ||
	    icmp.type != ICMP6_TYPE_PTB)
		return true;
	mtu = lwip_ntohl(icmp.data);
	return mtu >= IP6_MIN_MTU_LENGTH && mtu < netif_mtu6(netif);
}

/* The library takes the packet afterwards. It begins with the header of IP, its sum unchecked. */
static u8_t on_icmp4(void *arg, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
	unsigned header = ip_current_header_tot_len();
	struct quoted quoted;
	uint8_t icmp[2];

	(void)arg, (void)pcb, (void)from;
	if (pbuf_copy_partial(packet, icmp, sizeof(icmp), (u16_t)header) != sizeof(icmp) ||
	    icmp[0] != ICMP_DUR || icmp[1] >= ARRAY_SIZE(errors4) || !errors4[icmp[1]])
		return 0;
	if (ip_current_input_netif()->chksum_flags & NETIF_CHECKSUM_CHECK_ICMP) {
		bool wrong;

		pbuf_remove_header(packet, header);
		wrong = inet_chksum_pbuf(packet);
		pbuf_add_header_force(packet, header);
		if (wrong)
			return 0;
	}
	if (read_quoted4(packet, header + ICMP_HEADER, &quoted))
		tell(&quoted, errors4[icmp[1]]);
	return 0;
}

/*
 * A message may lie behind further headers. The library asks who wants packets of the first one's
 * kind, so that those are asked for, too: `header` is where the last one ends.
 */
static const uint8_t leads_to_icmp6[] = {
	IP6_NEXTH_ICMP6,    IP6_NEXTH_HOPBYHOP, IP6_NEXTH_ROUTING,
	IP6_NEXTH_DESTOPTS, IP6_NEXTH_FRAGMENT,
};

static bool is_icmp6(const struct pbuf *packet, unsigned header)
{
	unsigned at = IP6_HLEN, kind = pbuf_get_at(packet, offsetof(struct ip6_hdr, _nexth));

	while (at < header) {
		unsigned next = pbuf_get_at(packet, (u16_t)at);

		at += kind == IP6_NEXTH_FRAGMENT ? 8
						 : 8 + 8u * pbuf_get_at(packet, (u16_t)(at + 1));
		kind = next;
	}
	return kind == IP6_NEXTH_ICMP6;
}

static u8_t on_icmp6(void *arg, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
	unsigned header = ip_current_header_tot_len();
	struct quoted quoted;
	uint8_t icmp[2];

	(void)arg, (void)pcb;
	if (!is_icmp6(packet, header) ||
	    pbuf_copy_partial(packet, icmp, sizeof(icmp), (u16_t)header) != sizeof(icmp))
		return 0;
	if (!neighbours_options_fit(packet, header, icmp[0]) || !is_path_mtu(packet, header) ||
	    !neighbours_may_redirect(packet, header, ip_2_ip6(from))) {
		pbuf_free(packet);
		return 1;
	}
	if (icmp[0] == ICMP6_TYPE_NA)
		neighbours_advertised(ip_current_input_netif());
	if (icmp[0] != ICMP6_TYPE_DUR || icmp[1] >= ARRAY_SIZE(errors6))
		return 0;
	if (ip_current_input_netif()->chksum_flags & NETIF_CHECKSUM_CHECK_ICMP6) {
		bool wrong;

		pbuf_remove_header(packet, header);
		wrong = ip6_chksum_pseudo(packet, IP6_NEXTH_ICMP6, packet->tot_len,
					  ip6_current_src_addr(), ip6_current_dest_addr());
		pbuf_add_header_force(packet, header);
		if (wrong)
			return 0;
	}
	if (read_quoted6(packet, header + ICMP_HEADER, &quoted))
		tell(&quoted, errors6[icmp[1]]);
	return 0;
}

/* Does nobody answer for the next hop to there? */
static bool is_silent(const ip_addr_t *to)
{
	const ip4_addr_t *hop = ip_2_ip4(to), *found;
	struct eth_addr *mac;
	struct netif *netif;

	if (IP_IS_V6_VAL(*to)) {
		for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++)
			if (neighbor_cache[i].state == ND6_INCOMPLETE &&
			    ip6_addr_eq(&neighbor_cache[i].next_hop_address, ip_2_ip6(to)))
				return true;
		return false;
	}
	netif = ip4_route(hop);
	if (!netif || !netif->hwaddr_len)
		return false;
	if (!ip4_addr_net_eq(hop, netif_ip4_addr(netif), netif_ip4_netmask(netif)))
		hop = netif_ip4_gw(netif);
	return etharp_find_addr(netif, hop, &mac, &found) < 0;
}

/* The second repetition has gone nowhere, after three seconds. */
#define REPEATED 2

void unreachable_look(void)
{
	struct tcp_pcb *next;

	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (pcb->state == SYN_SENT && pcb->nrtx >= REPEATED && is_silent(&pcb->remote_ip))
			give_up(pcb, EHOSTUNREACH);
	}
}

static void watch(uint8_t type, uint8_t protocol, raw_recv_fn what)
{
	struct raw_pcb *pcb = raw_new_ip_type(type, protocol);

	if (pcb)
		raw_recv(pcb, what, NULL);
}

void unreachable_start(void)
{
	watch(IPADDR_TYPE_V4, IP_PROTO_ICMP, on_icmp4);
	for (unsigned i = 0; i < ARRAY_SIZE(leads_to_icmp6); i++)
		watch(IPADDR_TYPE_V6, leads_to_icmp6[i], on_icmp6);
}
