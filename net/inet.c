/* SPDX-License-Identifier: BSD-2-Clause */
/* What streams and datagrams have in common. */
#include "inet.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <lwip/err.h>
#include <lwip/ip.h>

#include <base/bits.h>
#include <mem/heap.h>

#define LIMIT_FIRST (208u << 10)

static int inet_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	bool any = protocol == IPPROTO_IP;

	switch (type) {
	case SOCK_STREAM:
		return any || protocol == IPPROTO_TCP ? tcp_socket_create(family, flags, file)
						      : -EPROTONOSUPPORT;
	case SOCK_DGRAM:
		if (family == AF_INET && protocol == IPPROTO_ICMP)
			return ping_socket_create(flags, file);
		return any || protocol == IPPROTO_UDP ? udp_socket_create(family, flags, file)
						      : -EPROTONOSUPPORT;
	case SOCK_RAW:
		return raw_socket_create(family, protocol, flags, file);
	default:
		return -ESOCKTNOSUPPORT;
	}
}

SOCKET_FAMILY(NET, inet) = {.family = AF_INET, .create = inet_create};
SOCKET_FAMILY(NET, inet6) = {.family = AF_INET6, .create = inet_create};

struct inet *inet_new(const struct socket_ops *ops, int family, int type, int protocol)
{
	struct inet *inet = heap_alloc_zeroed(sizeof(*inet));

	if (!inet)
		return NULL;
	inet->socket =
		(struct socket){.ops = ops, .family = family, .type = type, .protocol = protocol};
	waitq_init(&inet->queue);
	poll_source_init(&inet->source);
	inet->linger_s = -1;
	inet->send_limit = inet->receive_limit = LIMIT_FIRST;
	return inet;
}

void inet_changed(struct inet *inet, uint32_t events)
{
	struct irq_state state = waitq_lock(&inet->queue);

	inet->changes++;
	if (events & ~(uint32_t)POLL_WRITABLE)
		waitq_wake(&inet->queue, INET_KEY_RECEIVE, SIZE_MAX);
	if (events & ~(uint32_t)POLL_READABLE)
		waitq_wake(&inet->queue, INET_KEY_SEND, SIZE_MAX);
	poll_notify(&inet->source, events);
	waitq_unlock(&inet->queue, state);
}

void inet_pass(struct inet *inet, uintptr_t key)
{
	struct irq_state state = waitq_lock(&inet->queue);

	inet->changes++;
	waitq_wake(&inet->queue, key, SIZE_MAX);
	waitq_unlock(&inet->queue, state);
}

int inet_wait(struct inet *inet, uintptr_t key, uint64_t deadline_ns)
{
	uint32_t seen = inet->changes;
	struct irq_state state;
	int error = 0;

	if (!deadline_ns)
		return -EAGAIN;
	net_unlock();
	state = waitq_lock(&inet->queue);
	while (inet->changes == seen && !error)
		error = waitq_sleep(&inet->queue, &state, key, deadline_ns);
	waitq_unlock(&inet->queue, state);
	net_lock();
	return error;
}

int inet_error(int8_t error)
{
	static const uint8_t codes[] = {
		[-ERR_MEM] = ENOBUFS,
		[-ERR_BUF] = ENOBUFS,
		[-ERR_TIMEOUT] = ETIMEDOUT,
		[-ERR_RTE] = ENETUNREACH,
		[-ERR_INPROGRESS] = EINPROGRESS,
		[-ERR_VAL] = EINVAL,
		[-ERR_WOULDBLOCK] = EAGAIN,
		[-ERR_USE] = EADDRINUSE,
		[-ERR_ALREADY] = EALREADY,
		[-ERR_ISCONN] = EISCONN,
		[-ERR_CONN] = ENOTCONN,
		[-ERR_IF] = ENETDOWN,
		[-ERR_ABRT] = ETIMEDOUT,
		[-ERR_RST] = ECONNRESET,
		[-ERR_CLSD] = 0,
		[-ERR_ARG] = EINVAL,
	};

	return -(int)codes[-error];
}

int inet_take_error(struct inet *inet)
{
	int error = -inet->error;

	inet->error = 0;
	return error;
}

uint8_t inet_ip_type(const struct inet *inet)
{
	return inet->socket.family == AF_INET ? IPADDR_TYPE_V4
	       : inet->only_v6		      ? IPADDR_TYPE_V6
					      : IPADDR_TYPE_ANY;
}

static int name_in_v4(const struct sockaddr_in *name, size_t length, ip_addr_t *address,
		      uint16_t *port)
{
	if (length < sizeof(*name))
		return -EINVAL;
	ip_addr_set_ip4_u32(address, name->sin_addr.s_addr);
	*port = __builtin_bswap16(name->sin_port);
	return 0;
}

int inet_name_in(const struct inet *inet, const void *name, size_t length, ip_addr_t *address,
		 uint16_t *port)
{
	const struct sockaddr_in6 *in6 = name;

	if (length < sizeof(in6->sin6_family))
		return -EINVAL;
	if (inet->socket.family == AF_INET)
		return in6->sin6_family == AF_INET ? name_in_v4(name, length, address, port)
						   : -EAFNOSUPPORT;
	if (in6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	/* Without the scope, as the first programs had it. */
	if (length < offsetof(struct sockaddr_in6, sin6_scope_id))
		return -EINVAL;
	*port = __builtin_bswap16(in6->sin6_port);
	IP_ADDR6(address, 0, 0, 0, 0);
	memcpy(ip_2_ip6(address)->addr, &in6->sin6_addr, 16);
	if (ip6_addr_isipv4mappedipv6(ip_2_ip6(address))) {
		if (inet->only_v6)
			return -ENETUNREACH;
		unmap_ipv4_mapped_ipv6(ip_2_ip4(address), ip_2_ip6(address));
		IP_SET_TYPE(address, IPADDR_TYPE_V4);
	} else if (length >= sizeof(*in6) && in6->sin6_scope_id &&
		   ip6_addr_has_scope(ip_2_ip6(address), IP6_UNKNOWN)) {
		if (in6->sin6_scope_id > 255)
			return -EINVAL;
		ip6_addr_set_zone(ip_2_ip6(address), (uint8_t)in6->sin6_scope_id);
	}
	return 0;
}

size_t inet_name_out(const struct inet *inet, void *name, const ip_addr_t *address, uint16_t port)
{
	struct sockaddr_in6 *in6 = name;
	struct sockaddr_in *in = name;

	if (inet->socket.family == AF_INET) {
		*in = (struct sockaddr_in){.sin_family = AF_INET,
					   .sin_port = __builtin_bswap16(port)};
		in->sin_addr.s_addr = ip_addr_get_ip4_u32(address);
		return sizeof(*in);
	}
	*in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = __builtin_bswap16(port)};
	if (IP_IS_V4_VAL(*address)) {
		ip6_addr_t mapped;

		ip4_2_ipv4_mapped_ipv6(&mapped, ip_2_ip4(address));
		memcpy(&in6->sin6_addr, mapped.addr, 16);
	} else {
		memcpy(&in6->sin6_addr, ip_2_ip6(address)->addr, 16);
		in6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(address));
	}
	return sizeof(*in6);
}

bool inet_goes_to(const ip_addr_t *own, const ip_addr_t *to)
{
	return IP_IS_ANY_TYPE_VAL(*own) || IP_GET_TYPE(own) == IP_GET_TYPE(to);
}

bool inet_is_local(const ip_addr_t *address)
{
	struct netif *netif;

	if (ip_addr_isany(address) || ip_addr_ismulticast(address))
		return true;
	NETIF_FOREACH(netif)
	{
		if (IP_IS_V4_VAL(*address)) {
			if (ip4_addr_eq(netif_ip4_addr(netif), ip_2_ip4(address)) ||
			    (ip4_addr_isloopback(ip_2_ip4(address)) &&
			     ip4_addr_isloopback(netif_ip4_addr(netif))))
				return true;
		} else if (netif_get_ip6_addr_match(netif, ip_2_ip6(address)) >= 0) {
			return true;
		}
	}
	return false;
}
