/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw sockets, SOCK_RAW as Linux has them [raw(7)]: all packets of one protocol that come for this
 * machine are copied to the program, with the header of IPv4 and without that of IPv6, and are
 * dealt with as without it. What the program sends gets a header unless it brings one (IP_HDRINCL).
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <lwip/inet_chksum.h>
#include <lwip/ip4.h>
#include <lwip/raw.h>

#include <base/bits.h>
#include <base/str.h>
#include <mem/heap.h>

#include "datagram.h"

#define SOL_RAW_OPTIONS	    255
#define ICMP_FILTER_OPTION  1
#define ICMP6_FILTER_OPTION 1
#define ICMP6_SUM_AT	    2
#define IP4_LEAST	    20

static struct raw_pcb *raw_of(const struct inet *inet)
{
	return inet->pcb;
}

/* Does the program not want this type of ICMP? A bit that is set says so [icmp(7), rfc3542 3.2]. */
static bool is_filtered(const struct inet *inet, struct pbuf *packet, unsigned header)
{
	int type = packet->tot_len > header ? pbuf_get_at(packet, (u16_t)header) : 0;

	if (inet->socket.protocol == IPPROTO_ICMP)
		return type < 32 && inet->filter[0] >> type & 1;
	return inet->socket.protocol == IPPROTO_ICMPV6 && inet->filter[type / 32] >> type % 32 & 1;
}

/* 0: others have to look at it, too. */
static u8_t on_receive(void *arg, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
	struct inet *inet = arg;
	unsigned header = ip_current_header_tot_len();
	struct pbuf *copy;

	(void)pcb;
	if (inet->no_receive || is_filtered(inet, packet, header))
		return 0;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
	if (!copy)
		return 0;
	if (inet->socket.family == AF_INET6)
		pbuf_remove_header(copy, header);
	datagram_put(inet, copy, from, 0);
	return 0;
}

/* What Linux fills in of a header that the program made. */
static int fill_header(const struct inet *inet, struct pbuf *data, const ip_addr_t *to)
{
	struct ip_hdr *ip = data->payload;
	const ip_addr_t *own = &raw_of(inet)->local_ip;
	struct netif *netif = ip_route(own, to);

	if (data->len < IP4_LEAST || IPH_V(ip) != 4 || IPH_HL_BYTES(ip) < IP4_LEAST ||
	    IPH_HL_BYTES(ip) > data->len)
		return -EINVAL;
	if (!netif)
		return -ENETUNREACH;
	if (!ip->src.addr)
		ip->src.addr = ip4_addr_get_u32(ip_addr_isany(own) ? netif_ip4_addr(netif)
								   : ip_2_ip4(own));
	if (!IPH_ID(ip))
		IPH_ID_SET(ip, (u16_t)LWIP_RAND());
	IPH_LEN_SET(ip, lwip_htons(data->tot_len));
	IPH_CHKSUM_SET(ip, 0);
	IPH_CHKSUM_SET(ip, inet_chksum(ip, IPH_HL_BYTES(ip)));
	return 0;
}

static int send_packet(struct inet *inet, struct pbuf *data, ip_addr_t *to)
{
	struct raw_pcb *pcb = raw_of(inet);
	int error = 0;

	if (ip_addr_isany(to))
		ip_addr_set_loopback(inet->socket.family == AF_INET6, to);
	if (raw_is_flag_set(pcb, RAW_FLAGS_HDRINCL)) {
		error = fill_header(inet, data, to);
	} else if (pcb->chksum_reqd) {
		if (data->len < ICMP6_SUM_AT + 2)
			return -EINVAL;
		memset((uint8_t *)data->payload + ICMP6_SUM_AT, 0, 2);
	}
	if (!error)
		error = inet_error(raw_sendto(pcb, data, to));
	/* The library's word for a broadcast that was not allowed. */
	return error == -EINVAL && IP_IS_V4(to) && !ip_get_option(pcb, SOF_BROADCAST) &&
			       !raw_is_flag_set(pcb, RAW_FLAGS_HDRINCL)
		       ? -EACCES
		       : error;
}

long raw_socket_send_by(struct socket *socket, struct message *message,
			int (*send)(struct inet *inet, struct pbuf *data, ip_addr_t *to))
{
	struct inet *inet = inet_of(socket);
	size_t length = message->io.left;
	ip_addr_t to = *IP4_ADDR_ANY;
	struct pbuf *data;
	uint16_t port;
	int error = 0;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (length > UINT16_MAX - (raw_is_flag_set(raw_of(inet), RAW_FLAGS_HDRINCL) ? 0 : IP_HLEN))
		return -EMSGSIZE;
	if (message->name_length)
		error = inet_name_in(inet, message->name, message->name_length, &to, &port);
	else if (!inet->connected)
		error = -EDESTADDRREQ;
	if (error)
		return error;
	data = datagram_data(&message->io);
	if (!data)
		return message->io.fault ? -EFAULT : -ENOBUFS;
	GUARD(net);
	if (!message->name_length)
		to = raw_of(inet)->remote_ip;
	error = inet->no_send ? -EPIPE : send(inet, data, &to);
	pbuf_free(data);
	return error ? error : (long)length;
}

static long raw_socket_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	(void)deadline_ns;
	return raw_socket_send_by(socket, message, send_packet);
}

int raw_socket_bind(struct socket *socket, const void *name, size_t length)
{
	struct inet *inet = inet_of(socket);
	ip_addr_t address;
	uint16_t port;
	int error;

	GUARD(net);
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (!inet_is_local(&address))
		return -EADDRNOTAVAIL;
	return inet_error(raw_bind(raw_of(inet), &address));
}

int raw_socket_connect(struct socket *socket, const void *name, size_t length, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	const struct sockaddr *general = name;
	ip_addr_t address;
	uint16_t port;
	int error;

	(void)deadline_ns;
	GUARD(net);
	if (length >= sizeof(general->sa_family) && general->sa_family == AF_UNSPEC) {
		raw_disconnect(raw_of(inet));
		inet->connected = false;
		return 0;
	}
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (ip_addr_isany(&address))
		ip_addr_set_loopback(IP_IS_V6_VAL(address), &address);
	if (!ip_addr_ismulticast(&address) && !ip_route(&raw_of(inet)->local_ip, &address))
		return -ENETUNREACH;
	raw_connect(raw_of(inet), &address);
	inet->connected = true;
	return 0;
}

/* The port is the protocol's number, as on Linux; of echo requests their identifier. */
int raw_socket_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	struct inet *inet = inet_of(socket);
	bool echo = socket->type == SOCK_DGRAM;

	GUARD(net);
	if (peer && !inet->connected)
		return -ENOTCONN;
	*length = inet_name_out(inet, name,
				peer ? &raw_of(inet)->remote_ip : &raw_of(inet)->local_ip,
				peer   ? 0
				: echo ? __builtin_bswap16(inet->ping_id)
				       : (uint16_t)socket->protocol);
	return 0;
}

void raw_socket_release(struct socket *socket)
{
	struct inet *inet = inet_of(socket);

	GUARD(net);
	raw_remove(raw_of(inet));
	datagram_drop_all(inet);
	heap_free(inet);
}

/* Options of its own: where the value lies and how long it is, or NULL. */
static void *filter_of(struct inet *inet, int level, int option, size_t *size)
{
	bool v6 = inet->socket.protocol == IPPROTO_ICMPV6;

	*size = v6 ? sizeof(inet->filter) : sizeof(uint32_t);
	if (v6 ? level == IPPROTO_ICMPV6 && option == ICMP6_FILTER_OPTION
	       : inet->socket.protocol == IPPROTO_ICMP && level == SOL_RAW_OPTIONS &&
			    option == ICMP_FILTER_OPTION)
		return inet->filter;
	return NULL;
}

static bool is_header_option(const struct inet *inet, int level, int option)
{
	return inet->socket.family == AF_INET && level == IPPROTO_IP && option == IP_HDRINCL;
}

static int raw_get_option(struct socket *socket, int level, int option, void *value, size_t *size)
{
	struct inet *inet = inet_of(socket);
	size_t length;
	void *filter = filter_of(inet, level, option, &length);

	if (filter) {
		memcpy(value, filter, length);
		*size = length;
		return 0;
	}
	if (!is_header_option(inet, level, option))
		return datagram_get_option(socket, level, option, value, size);
	*(int *)value = !!raw_is_flag_set(raw_of(inet), RAW_FLAGS_HDRINCL);
	*size = sizeof(int);
	return 0;
}

static int raw_set_option(struct socket *socket, int level, int option, const void *value,
			  size_t size)
{
	struct inet *inet = inet_of(socket);
	size_t length;
	void *filter = filter_of(inet, level, option, &length);

	if (!filter && !is_header_option(inet, level, option))
		return datagram_set_option(socket, level, option, value, size);
	GUARD(net);
	if (filter) {
		memcpy(filter, value, MIN(size, length));
		return 0;
	}
	if (size < sizeof(int))
		return -EINVAL;
	if (*(const int *)value)
		raw_set_flags(raw_of(inet), RAW_FLAGS_HDRINCL);
	else
		raw_clear_flags(raw_of(inet), RAW_FLAGS_HDRINCL);
	return 0;
}

static const struct socket_ops raw_ops = {
	.send = raw_socket_send,
	.receive = datagram_receive,
	.poll = datagram_poll,
	.shutdown = datagram_shutdown,
	.count = datagram_count,
	.buffer = datagram_buffer,
	.bind = raw_socket_bind,
	.connect = raw_socket_connect,
	.name = raw_socket_name,
	.get_option = raw_get_option,
	.set_option = raw_set_option,
	.release = raw_socket_release,
};

int raw_socket_create(int family, int protocol, unsigned flags, struct file **file)
{
	struct inet *inet;

	if (protocol < 0 || protocol > IPPROTO_RAW)
		return -EINVAL;
	if (!protocol)
		return -EPROTONOSUPPORT;
	inet = inet_new(&raw_ops, family, SOCK_RAW, protocol);
	if (!inet)
		return -ENOMEM;
	list_init(&inet->packets);
	GUARD(net);
	inet->pcb = raw_new_ip_type(family == AF_INET ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6,
				    (u8_t)protocol);
	*file = inet->pcb ? socket_file(&inet->socket, flags) : NULL;
	if (*file) {
		raw_recv(raw_of(inet), on_receive, inet);
		if (protocol == IPPROTO_RAW && family == AF_INET)
			raw_set_flags(raw_of(inet), RAW_FLAGS_HDRINCL);
		raw_of(inet)->chksum_reqd = family == AF_INET6 && protocol == IPPROTO_ICMPV6;
		raw_of(inet)->chksum_offset = ICMP6_SUM_AT;
		return 0;
	}
	if (inet->pcb)
		raw_remove(raw_of(inet));
	heap_free(inet);
	return -ENOMEM;
}
