/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/net: what the terminal's commands show of the network, and change. */
#include <errno.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include <base/str.h>
#include <dev/net.h>
#include <fs/procfs.h>

#include "core.h"

#define WORDS_MAX 4

static const char *text_of(const ip_addr_t *address, char buffer[IPADDR_STRLEN_MAX])
{
	return ipaddr_ntoa_r(address, buffer, IPADDR_STRLEN_MAX);
}

static const char *text_of4(const ip4_addr_t *address, char buffer[IPADDR_STRLEN_MAX])
{
	return ip4addr_ntoa_r(address, buffer, IPADDR_STRLEN_MAX);
}

/* --- /proc/net/dev ---------------------------------------------------------------------------- */

static void show_netif(struct fmt_sink *out, struct netif *netif)
{
	const struct net_device *device = netif->hwaddr_len ? netif->state : NULL;
	const uint8_t *mac = netif->hwaddr;
	char own[IPADDR_STRLEN_MAX], mask[IPADDR_STRLEN_MAX];

	fmt_format(out, "%c%c%u: %s, %s", netif->name[0], netif->name[1], netif->num,
		   netif_is_up(netif) ? "up" : "down",
		   netif_is_link_up(netif) ? "connected" : "not connected");
	if (device)
		fmt_format(out, ", mtu %u, %02x:%02x:%02x:%02x:%02x:%02x", netif->mtu, mac[0],
			   mac[1], mac[2], mac[3], mac[4], mac[5]);
	fmt_format(out, "\n  inet %s netmask %s%s\n", text_of4(netif_ip4_addr(netif), own),
		   text_of4(netif_ip4_netmask(netif), mask),
		   dhcp_supplied_address(netif) ? " by DHCP" : "");
	for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
			fmt_format(out, "  inet6 %s\n", text_of(netif_ip_addr6(netif, i), own));
	if (device)
		fmt_format(out, "  frames in %lu, out %lu, dropped %lu\n",
			   (unsigned long)device->frames_in, (unsigned long)device->frames_out,
			   (unsigned long)device->dropped);
}

static void show_dev(struct fmt_sink *out)
{
	struct netif *netif;

	GUARD(net);
	NETIF_FOREACH(netif)
	show_netif(out, netif);
}

/* Words between single spaces, in place. How many; -EINVAL: too many. */
static int split(char *line, char *words[WORDS_MAX])
{
	int count = 0;

	while (*line) {
		if (count == WORDS_MAX)
			return -EINVAL;
		words[count++] = line;
		while (*line && *line != ' ')
			line++;
		if (*line)
			*line++ = '\0';
	}
	return count;
}

static bool is_mask(const ip4_addr_t *mask)
{
	uint32_t bits = __builtin_bswap32(ip4_addr_get_u32(mask));

	return !(~bits & (~bits + 1));
}

static int set_address(struct netif *netif, const char *own_text, const char *mask_text)
{
	ip4_addr_t own, mask = *netif_ip4_netmask(netif);

	if (!ip4addr_aton(own_text, &own) || ip4_addr_ismulticast(&own) ||
	    (mask_text && (!ip4addr_aton(mask_text, &mask) || !is_mask(&mask))))
		return -EINVAL;
	dhcp_stop(netif);
	netif_set_addr(netif, &own, &mask, netif_ip4_gw(netif));
	return 0;
}

/* "et1 up", "et1 down", "et1 dhcp", "et1 ADDRESS [MASK]" */
static int store_dev(char *line)
{
	char *words[WORDS_MAX];
	struct netif *netif;
	int count = split(line, words);

	if (count != 2 && count != 3)
		return -EINVAL;
	GUARD(net);
	netif = netif_find(words[0]);
	if (!netif)
		return -ENODEV;
	if (count == 2 && str_equal(words[1], "up"))
		netif_set_up(netif);
	else if (count == 2 && str_equal(words[1], "down"))
		netif_set_down(netif);
	else if (count == 2 && str_equal(words[1], "dhcp") && netif->hwaddr_len)
		return dhcp_start(netif) ? -ENOMEM : 0;
	else
		return set_address(netif, words[1], count == 3 ? words[2] : NULL);
	return 0;
}
PROC_FILE_IF(NET_TERMINAL, net_dev) = {"net/dev", show_dev, store_dev};

/* --- /proc/net/route and arp ------------------------------------------------------------------ */

static void show_route(struct fmt_sink *out)
{
	char to[IPADDR_STRLEN_MAX], mask[IPADDR_STRLEN_MAX];
	struct netif *netif;

	fmt_format(out, "%-16s %-16s %-16s %s\n", "DESTINATION", "GATEWAY", "MASK", "DEVICE");
	GUARD(net);
	NETIF_FOREACH(netif)
	{
		ip4_addr_t net;

		if (!netif_is_up(netif) || ip4_addr_isany(netif_ip4_addr(netif)))
			continue;
		ip4_addr_get_network(&net, netif_ip4_addr(netif), netif_ip4_netmask(netif));
		fmt_format(out, "%-16s %-16s %-16s %c%c%u\n", text_of4(&net, to), "-",
			   text_of4(netif_ip4_netmask(netif), mask), netif->name[0], netif->name[1],
			   netif->num);
	}
	netif = netif_default;
	if (netif && !ip4_addr_isany(netif_ip4_gw(netif)))
		fmt_format(out, "%-16s %-16s %-16s %c%c%u\n", "default",
			   text_of4(netif_ip4_gw(netif), to), "0.0.0.0", netif->name[0],
			   netif->name[1], netif->num);
}

/* "default GATEWAY": of the network that the gateway is in; 0.0.0.0: there is none. */
static int store_route(char *line)
{
	char *words[WORDS_MAX];
	struct netif *netif;
	ip4_addr_t gateway;

	if (split(line, words) != 2 || !str_equal(words[0], "default") ||
	    !ip4addr_aton(words[1], &gateway))
		return -EINVAL;
	GUARD(net);
	NETIF_FOREACH(netif)
	{
		bool here = ip4_addr_isany_val(gateway)
				    ? netif == netif_default
				    : netif->hwaddr_len &&
					      ip4_addr_net_eq(&gateway, netif_ip4_addr(netif),
							      netif_ip4_netmask(netif));

		if (!here)
			continue;
		netif_set_gw(netif, &gateway);
		netif_set_default(netif);
		return 0;
	}
	return -ENETUNREACH;
}
PROC_FILE_IF(NET_TERMINAL, net_route) = {"net/route", show_route, store_route};

static void show_arp(struct fmt_sink *out)
{
	char text[IPADDR_STRLEN_MAX];
	struct eth_addr *mac;
	struct netif *netif;
	ip4_addr_t *address;

	fmt_format(out, "%-16s %-18s %s\n", "ADDRESS", "HARDWARE", "DEVICE");
	GUARD(net);
	for (unsigned i = 0; i < ARP_TABLE_SIZE; i++) {
		if (!etharp_get_entry(i, &address, &netif, &mac))
			continue;
		fmt_format(out, "%-16s %02x:%02x:%02x:%02x:%02x:%02x  %c%c%u\n",
			   text_of4(address, text), mac->addr[0], mac->addr[1], mac->addr[2],
			   mac->addr[3], mac->addr[4], mac->addr[5], netif->name[0], netif->name[1],
			   netif->num);
	}
}
PROC_FILE_IF(NET_TERMINAL, net_arp) = {"net/arp", show_arp, NULL};

/* --- /proc/net/sockets ------------------------------------------------------------------------ */

static void show_end(struct fmt_sink *out, const ip_addr_t *address, uint16_t port)
{
	char text[IPADDR_STRLEN_MAX], whole[IPADDR_STRLEN_MAX + 8];

	fmt_string(whole, sizeof(whole), IP_IS_V4(address) ? "%s:%u" : "[%s]:%u",
		   text_of(address, text), port);
	fmt_format(out, " %-22s", whole);
}

static void show_tcp(struct fmt_sink *out, const struct tcp_pcb *pcb)
{
	for (; pcb; pcb = pcb->next) {
		fmt_format(out, "tcp  ");
		show_end(out, &pcb->local_ip, pcb->local_port);
		if (pcb->state == LISTEN)
			fmt_format(out, " %-22s", "-");
		else
			show_end(out, &pcb->remote_ip, pcb->remote_port);
		fmt_format(out, " %s\n", tcp_debug_state_str(pcb->state));
	}
}

static void show_sockets(struct fmt_sink *out)
{
	fmt_format(out, "KIND  %-22s %-22s STATE\n", "LOCAL", "REMOTE");
	GUARD(net);
	show_tcp(out, (const struct tcp_pcb *)(const void *)tcp_listen_pcbs.listen_pcbs);
	show_tcp(out, tcp_active_pcbs);
	show_tcp(out, tcp_tw_pcbs);
	for (const struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next) {
		fmt_format(out, "udp  ");
		show_end(out, &pcb->local_ip, pcb->local_port);
		show_end(out, &pcb->remote_ip, pcb->remote_port);
		fmt_format(out, " %s\n", pcb->flags & UDP_FLAGS_CONNECTED ? "CONNECTED" : "-");
	}
}
PROC_FILE_IF(NET_TERMINAL, net_sockets) = {"net/sockets", show_sockets, NULL};
