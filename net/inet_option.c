/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of streams and datagrams. Everything with the network's lock held. */
#include "inet.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include <base/bits.h>

#include "tcp.h"

#define KEEP_S_MAX 32767

/* The part that all of the library's objects begin with; NULL: there is none now. */
static struct ip_pcb *part_of(const struct inet *inet)
{
	return inet->pcb;
}

static bool is_udp(const struct inet *inet)
{
	return inet->socket.protocol == IPPROTO_UDP;
}

void inet_apply(struct inet *inet)
{
	struct ip_pcb *pcb = part_of(inet);

	pcb->so_options |= (u8_t)inet->so_options;
	if (inet->socket.type == SOCK_STREAM && inet->no_delay)
		tcp_nagle_disable(inet->tcp);
}

static int so_option(int option)
{
	switch (option) {
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		return SOF_REUSEADDR;
	case SO_KEEPALIVE:
		return SOF_KEEPALIVE;
	case SO_BROADCAST:
		return SOF_BROADCAST;
	default:
		return 0;
	}
}

static int get_socket(struct inet *inet, int option, void *value, size_t *size)
{
	int *number = value;

	if (so_option(option)) {
		*number = !!(inet->so_options & so_option(option));
	} else if (option == SO_ERROR) {
		*number = -inet_take_error(inet);
	} else if (option == SO_ACCEPTCONN) {
		*number = inet->state == INET_LISTEN;
	} else if (option == SO_LINGER) {
		*(struct linger *)value = (struct linger){inet->linger_s >= 0,
							  MAX(inet->linger_s, 0)};
		*size = sizeof(struct linger);
		return 0;
	} else {
		return -ENOPROTOOPT;
	}
	*size = sizeof(*number);
	return 0;
}

static int set_socket(struct inet *inet, int option, const void *value, size_t size)
{
	const struct linger *linger = value;
	int flag = so_option(option);

	if (flag) {
		if (size < sizeof(int))
			return -EINVAL;
		inet->so_options &= (uint16_t)~flag;
		if (*(const int *)value)
			inet->so_options |= (uint16_t)flag;
		if (inet->pcb) {
			part_of(inet)->so_options &= (u8_t)~flag;
			part_of(inet)->so_options |= (u8_t)(inet->so_options & flag);
		}
		return 0;
	}
	if (option == SO_LINGER) {
		if (size < sizeof(*linger))
			return -EINVAL;
		inet->linger_s = linger->l_onoff ? MAX(0, MIN(linger->l_linger, KEEP_S_MAX)) : -1;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Hops and kind of service: of packets that go out. */
static int get_number(struct inet *inet, int level, int option, int *number)
{
	struct ip_pcb *pcb = part_of(inet);
	bool udp = is_udp(inet), raw = !udp && inet->socket.type != SOCK_STREAM;

	if (level == IPPROTO_IP && option == IP_TTL)
		*number = pcb ? pcb->ttl : 64;
	else if (level == IPPROTO_IP && option == IP_TOS)
		*number = pcb ? pcb->tos : 0;
	else if (level == IPPROTO_IP && option == IP_MULTICAST_TTL && udp)
		*number = udp_get_multicast_ttl(inet->udp);
	else if (level == IPPROTO_IP && option == IP_MULTICAST_LOOP && udp)
		*number = !!(inet->udp->flags & UDP_FLAGS_MULTICAST_LOOP);
	else if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY && !raw)
		*number = inet->only_v6;
	else if (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS)
		*number = pcb ? pcb->ttl : 64;
	else if (level == IPPROTO_IPV6 && option == IPV6_MULTICAST_HOPS && udp)
		*number = udp_get_multicast_ttl(inet->udp);
	else if (level == IPPROTO_IPV6 && option == IPV6_MULTICAST_LOOP && udp)
		*number = !!(inet->udp->flags & UDP_FLAGS_MULTICAST_LOOP);
	else
		return -ENOPROTOOPT;
	return 0;
}

int inet_get_option(struct inet *inet, int level, int option, void *value, size_t *size)
{
	if (level == SOL_SOCKET)
		return get_socket(inet, option, value, size);
	if (level == IPPROTO_IPV6 && inet->socket.family != AF_INET6)
		return -ENOPROTOOPT;
	*size = sizeof(int);
	return get_number(inet, level, option, value);
}

static int set_udp(struct inet *inet, int option, int number)
{
	switch (option) {
	case IP_MULTICAST_TTL:
	case IPV6_MULTICAST_HOPS:
		if (number < -1 || number > 255)
			return -EINVAL;
		udp_set_multicast_ttl(inet->udp, (u8_t)(number < 0 ? 1 : number));
		return 0;
	default: /* loop */
		if (number)
			inet->udp->flags |= UDP_FLAGS_MULTICAST_LOOP;
		else
			inet->udp->flags &= (u8_t)~UDP_FLAGS_MULTICAST_LOOP;
		return 0;
	}
}

static int set_number(struct inet *inet, int level, int option, int number)
{
	struct ip_pcb *pcb = part_of(inet);
	bool udp = is_udp(inet), raw = !udp && inet->socket.type != SOCK_STREAM;

	if ((level == IPPROTO_IP && option == IP_TTL) ||
	    (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS)) {
		if (number < -1 || number > 255 || (!number && level == IPPROTO_IP))
			return -EINVAL;
		if (pcb)
			pcb->ttl = (u8_t)(number < 0 ? 64 : number);
		return 0;
	}
	if (level == IPPROTO_IP && option == IP_TOS) {
		if (pcb)
			pcb->tos = (u8_t)number;
		return 0;
	}
	if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY && !raw) {
		if (inet->state != INET_NEW ||
		    (pcb && (udp ? inet->udp->local_port : inet->tcp->local_port)))
			return -EINVAL;
		inet->only_v6 = number;
		if (pcb) {
			IP_SET_TYPE_VAL(pcb->local_ip, inet_ip_type(inet));
			IP_SET_TYPE_VAL(pcb->remote_ip, inet_ip_type(inet));
		}
		return 0;
	}
	if (udp && level == IPPROTO_IP &&
	    (option == IP_MULTICAST_TTL || option == IP_MULTICAST_LOOP))
		return set_udp(inet, option, number);
	if (udp && level == IPPROTO_IPV6 && option == IPV6_MULTICAST_HOPS)
		return set_udp(inet, option, number);
	if (udp && level == IPPROTO_IPV6 && option == IPV6_MULTICAST_LOOP)
		return set_udp(inet, IP_MULTICAST_LOOP, number);
	return -ENOPROTOOPT;
}

/* Groups; the interface by its address, its number, or the first that is no loopback. */
static int set_group4(const struct inet *inet, int option, const void *value, size_t size)
{
	const struct ip_mreqn *group = value;
	ip4_addr_t address, own = {0};
	err_t error;

	(void)inet;
	if (size < sizeof(struct ip_mreq))
		return -EINVAL;
	address.addr = group->imr_multiaddr.s_addr;
	own.addr = group->imr_address.s_addr;
	if (!ip4_addr_ismulticast(&address))
		return -EINVAL;
	error = option == IP_ADD_MEMBERSHIP ? igmp_joingroup(&own, &address)
					    : igmp_leavegroup(&own, &address);
	return error == ERR_VAL ? -EADDRNOTAVAIL : error ? -ENODEV : 0;
}

static int set_group6(int option, const void *value, size_t size)
{
	const struct ipv6_mreq *group = value;
	ip6_addr_t address = {0};
	struct netif *netif;
	err_t error;

	if (size < sizeof(*group))
		return -EINVAL;
	memcpy(address.addr, &group->ipv6mr_multiaddr, sizeof(address.addr));
	if (!ip6_addr_ismulticast(&address))
		return -EINVAL;
	netif = group->ipv6mr_interface ? netif_get_by_index((u8_t)group->ipv6mr_interface)
					: netif_default;
	if (!netif)
		return -ENODEV;
	error = option == IPV6_JOIN_GROUP ? mld6_joingroup_netif(netif, &address)
					  : mld6_leavegroup_netif(netif, &address);
	return error ? -EADDRNOTAVAIL : 0;
}

int inet_set_option(struct inet *inet, int level, int option, const void *value, size_t size)
{
	bool packets = inet->socket.type != SOCK_STREAM;

	if (level == SOL_SOCKET)
		return set_socket(inet, option, value, size);
	if (level == IPPROTO_IPV6 && inet->socket.family != AF_INET6)
		return -ENOPROTOOPT;
	if (packets && level == IPPROTO_IP &&
	    (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP))
		return set_group4(inet, option, value, size);
	if (packets && level == IPPROTO_IPV6 &&
	    (option == IPV6_JOIN_GROUP || option == IPV6_LEAVE_GROUP))
		return set_group6(option, value, size);
	if (level != IPPROTO_IP && level != IPPROTO_IPV6)
		return -ENOPROTOOPT;
	/* These may be given as one byte. */
	if (size >= sizeof(int))
		return set_number(inet, level, option, *(const int *)value);
	return size ? set_number(inet, level, option, *(const uint8_t *)value) : -EINVAL;
}

static int get_tcp(struct inet *inet, int option, int *number)
{
	struct tcp_pcb *pcb = inet->state == INET_LISTEN ? NULL : inet->tcp;

	switch (option) {
	case TCP_NODELAY:
		*number = inet->no_delay;
		return 0;
	case TCP_MAXSEG:
		*number = pcb && inet->state == INET_CONNECTED ? tcp_mss(pcb) : 536;
		return 0;
	case TCP_KEEPIDLE:
		*number = (int)(pcb ? pcb->keep_idle / 1000 : TCP_KEEPIDLE_DEFAULT / 1000);
		return 0;
	case TCP_KEEPINTVL:
		*number = (int)(pcb ? pcb->keep_intvl / 1000 : TCP_KEEPINTVL_DEFAULT / 1000);
		return 0;
	case TCP_KEEPCNT:
		*number = (int)(pcb ? pcb->keep_cnt : TCP_KEEPCNT_DEFAULT);
		return 0;
	case TCP_CORK:
	case TCP_QUICKACK:
	case TCP_DEFER_ACCEPT:
		*number = 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_get_option(struct socket *socket, int level, int option, void *value, size_t *size)
{
	struct inet *inet = inet_of(socket);

	GUARD(net);
	if (level != IPPROTO_TCP)
		return inet_get_option(inet, level, option, value, size);
	*size = sizeof(int);
	return get_tcp(inet, option, value);
}

static int set_tcp(struct inet *inet, int option, int number)
{
	struct tcp_pcb *pcb = inet->state == INET_LISTEN ? NULL : inet->tcp;
	uint32_t *seconds = !pcb		     ? NULL
			    : option == TCP_KEEPIDLE ? &pcb->keep_idle
						     : &pcb->keep_intvl;

	switch (option) {
	case TCP_NODELAY:
		inet->no_delay = number;
		if (pcb && number) {
			tcp_nagle_disable(pcb);
			tcp_output(pcb);
		} else if (pcb) {
			tcp_nagle_enable(pcb);
		}
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
		if (number < 1 || number > KEEP_S_MAX)
			return -EINVAL;
		if (seconds)
			*seconds = (uint32_t)number * 1000;
		return 0;
	case TCP_KEEPCNT:
		if (number < 1 || number > 127)
			return -EINVAL;
		if (pcb)
			pcb->keep_cnt = (uint32_t)number;
		return 0;
	case TCP_CORK:
	case TCP_QUICKACK:
	case TCP_DEFER_ACCEPT:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_set_option(struct socket *socket, int level, int option, const void *value, size_t size)
{
	struct inet *inet = inet_of(socket);

	GUARD(net);
	if (level != IPPROTO_TCP)
		return inet_set_option(inet, level, option, value, size);
	return size < sizeof(int) ? -EINVAL : set_tcp(inet, option, *(const int *)value);
}
