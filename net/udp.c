/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagram sockets. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <lwip/udp.h>

#include <base/bits.h>
#include <mem/heap.h>

#include "datagram.h"

#define DATAGRAM_MAX 65507
#define PART_MAX     32768 /* a pbuf with headers in front is below 64 KiB */

/* One that was received. */
struct datagram {
	struct list node;
	struct pbuf *data;
	ip_addr_t from;
	uint16_t port;
};

/* What it costs, so that small ones are limited, too. */
static uint32_t cost(const struct datagram *datagram)
{
	return datagram->data->tot_len + 256u;
}

void datagram_put(struct inet *inet, struct pbuf *data, const ip_addr_t *from, uint16_t port)
{
	struct datagram *datagram = NULL;

	if (!inet->no_receive && inet->received < MIN(inet->receive_limit, MAX(net_share(), 1u)))
		datagram = heap_alloc(sizeof(*datagram));
	if (!datagram) {
		pbuf_free(data);
		return;
	}
	*datagram = (struct datagram){.data = data, .from = *from, .port = port};
	list_push_back(&inet->packets, &datagram->node);
	inet->received += cost(datagram);
	inet_changed(inet, POLL_READABLE);
}

static void on_receive(void *arg, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from,
		       u16_t port)
{
	(void)pcb;
	datagram_put(arg, data, from, port);
}

static void apply_family(const struct inet *inet, ip_addr_t *address)
{
	if (inet->socket.family == AF_INET6 && !inet->only_v6 && IP_IS_V6_VAL(*address) &&
	    ip_addr_isany(address))
		IP_SET_TYPE_VAL(*address, IPADDR_TYPE_ANY);
}

static int udp_socket_bind(struct socket *socket, const void *name, size_t length)
{
	struct inet *inet = inet_of(socket);
	ip_addr_t address;
	uint16_t port;
	int error;

	GUARD(net);
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (inet->udp->local_port)
		return -EINVAL;
	if (!inet_is_local(&address))
		return -EADDRNOTAVAIL;
	apply_family(inet, &address);
	return inet_error(udp_bind(inet->udp, &address, port));
}

static int udp_socket_connect(struct socket *socket, const void *name, size_t length,
			      uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	const struct sockaddr *general = name;
	ip_addr_t address;
	uint16_t port;
	int error;

	(void)deadline_ns;
	GUARD(net);
	if (length >= sizeof(general->sa_family) && general->sa_family == AF_UNSPEC) {
		udp_disconnect(inet->udp);
		inet->connected = false;
		return 0;
	}
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (ip_addr_isany(&address))
		ip_addr_set_loopback(IP_IS_V6_VAL(address), &address);
	if (!inet_goes_to(&inet->udp->local_ip, &address))
		return -ENETUNREACH;
	if (!ip_addr_ismulticast(&address) && !ip_route(&inet->udp->local_ip, &address))
		return -ENETUNREACH;
	error = inet_error(udp_connect(inet->udp, &address, port));
	if (error)
		return error;
	inet->connected = true;
	if (ip_addr_isany(&inet->udp->local_ip)) {
		struct netif *netif = ip_route(&inet->udp->local_ip, &address);
		const ip_addr_t *own = netif ? ip_netif_get_local_ip(netif, &address) : NULL;

		if (own && inet->udp->local_port)
			inet->udp->local_ip = *own;
	}
	return 0;
}

struct pbuf *datagram_data(struct io *io)
{
	size_t left = io->left, first = MIN(left, (size_t)PART_MAX);
	struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, (u16_t)first, PBUF_RAM), *more;

	if (!data)
		return NULL;
	if (left > first) {
		more = pbuf_alloc(PBUF_RAW, (u16_t)(left - first), PBUF_RAM);
		if (!more) {
			pbuf_free(data);
			return NULL;
		}
		pbuf_cat(data, more);
	}
	for (more = data; more; more = more->next)
		if (io_in(io, more->payload, more->len) < more->len) {
			pbuf_free(data);
			return NULL;
		}
	return data;
}

static long udp_socket_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	size_t length = message->io.left;
	ip_addr_t to;
	uint16_t port = 0;
	struct pbuf *data;
	int error;

	(void)deadline_ns;
	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (length > DATAGRAM_MAX)
		return -EMSGSIZE;
	if (message->name_length) {
		error = inet_name_in(inet, message->name, message->name_length, &to, &port);
		if (error)
			return error;
		if (!port)
			return -EINVAL;
		if (ip_addr_isany(&to))
			ip_addr_set_loopback(IP_IS_V6_VAL(to), &to);
	}
	data = datagram_data(&message->io);
	if (!data)
		return message->io.fault ? -EFAULT : -ENOBUFS;
	GUARD(net);
	if (inet->error)
		error = inet_take_error(inet);
	else if (inet->no_send)
		error = -EPIPE;
	else if (message->name_length && !inet_goes_to(&inet->udp->local_ip, &to))
		error = -ENETUNREACH;
	else if (message->name_length)
		error = inet_error(udp_sendto(inet->udp, data, &to, port));
	else if (inet->connected)
		error = inet_error(udp_send(inet->udp, data));
	else
		error = -EDESTADDRREQ;
	/* The library's word for a broadcast that was not allowed. */
	if (error == -EINVAL)
		error = -EACCES;
	pbuf_free(data);
	return error ? error : (long)length;
}

/* Lock held: one datagram, not taken out yet. */
static int wait_to_receive(struct inet *inet, uint64_t deadline_ns)
{
	for (;;) {
		int error;

		if (!inet->receiving) {
			if (!list_empty(&inet->packets))
				return 0;
			if (inet->error)
				return inet_take_error(inet);
			if (inet->no_receive)
				return 1;
		}
		error = inet_wait(inet, INET_KEY_RECEIVE, deadline_ns);
		if (error)
			return error;
	}
}

static void copy_out(struct message *message, const struct datagram *datagram)
{
	for (const struct pbuf *part = datagram->data; part; part = part->next)
		if (io_out(&message->io, part->payload, part->len) < part->len)
			break;
	message->full_length = datagram->data->tot_len;
	if (message->io.done < message->full_length)
		message->out_flags |= MSG_TRUNC;
}

static void drop(struct inet *inet, struct datagram *datagram)
{
	list_remove(&datagram->node);
	inet->received -= cost(datagram);
	pbuf_free(datagram->data);
	heap_free(datagram);
}

long datagram_receive(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	struct datagram *datagram;
	int error;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	GUARD(net);
	error = wait_to_receive(inet, deadline_ns);
	if (error)
		return error > 0 ? 0 : error;
	datagram = LIST_FIRST(&inet->packets, struct datagram, node);
	inet->receiving = true;
	net_unlock();
	copy_out(message, datagram);
	net_lock();
	inet->receiving = false;
	message->name_length = inet_name_out(inet, message->name, &datagram->from, datagram->port);
	if (!(message->flags & MSG_PEEK))
		drop(inet, datagram);
	inet_pass(inet, INET_KEY_RECEIVE);
	return message->io.fault ? -EFAULT : (long)message->io.done;
}

uint32_t datagram_poll(struct socket *socket, struct poll_watch *watch)
{
	struct inet *inet = inet_of(socket);
	uint32_t ready = POLL_WRITABLE;

	poll_watch_add(&inet->source, watch);
	GUARD(net);
	if (inet->error)
		ready |= POLLERR;
	if (!list_empty(&inet->packets))
		ready |= POLL_READABLE;
	if (inet->no_receive)
		ready |= POLL_READABLE | POLLRDHUP | (inet->no_send ? POLLHUP : 0);
	return ready;
}

int datagram_shutdown(struct socket *socket, int how)
{
	struct inet *inet = inet_of(socket);

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	GUARD(net);
	if (!inet->connected)
		return -ENOTCONN;
	if (how != SHUT_WR)
		inet->no_receive = true;
	if (how != SHUT_RD)
		inet->no_send = true;
	inet_changed(inet, POLL_READABLE | POLL_WRITABLE | POLLRDHUP | POLLHUP);
	return 0;
}

int datagram_count(struct socket *socket)
{
	struct inet *inet = inet_of(socket);

	GUARD(net);
	return list_empty(&inet->packets)
		       ? 0
		       : LIST_FIRST(&inet->packets, struct datagram, node)->data->tot_len;
}

int datagram_buffer(struct socket *socket, bool send, size_t size)
{
	struct inet *inet = inet_of(socket);
	uint32_t *limit = send ? &inet->send_limit : &inet->receive_limit;

	if (size)
		WRITE_ONCE(*limit, (uint32_t)MAX((size_t)2304, MIN(size, (size_t)1 << 22) * 2));
	return (int)READ_ONCE(*limit);
}

static int udp_socket_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	struct inet *inet = inet_of(socket);
	ip_addr_t address;

	GUARD(net);
	if (peer && !inet->connected)
		return -ENOTCONN;
	address = peer ? inet->udp->remote_ip : inet->udp->local_ip;
	if (IP_IS_ANY_TYPE_VAL(address))
		IP_SET_TYPE_VAL(address, IPADDR_TYPE_V6);
	*length = inet_name_out(inet, name, &address,
				peer ? inet->udp->remote_port : inet->udp->local_port);
	return 0;
}

void datagram_drop_all(struct inet *inet)
{
	while (!list_empty(&inet->packets))
		drop(inet, LIST_FIRST(&inet->packets, struct datagram, node));
}

static void udp_socket_release(struct socket *socket)
{
	struct inet *inet = inet_of(socket);

	GUARD(net);
	udp_remove(inet->udp);
	datagram_drop_all(inet);
	heap_free(inet);
}

int datagram_get_option(struct socket *socket, int level, int option, void *value, size_t *size)
{
	GUARD(net);
	return inet_get_option(inet_of(socket), level, option, value, size);
}

int datagram_set_option(struct socket *socket, int level, int option, const void *value,
			size_t size)
{
	GUARD(net);
	return inet_set_option(inet_of(socket), level, option, value, size);
}

static const struct socket_ops udp_ops = {
	.send = udp_socket_send,
	.receive = datagram_receive,
	.poll = datagram_poll,
	.shutdown = datagram_shutdown,
	.count = datagram_count,
	.buffer = datagram_buffer,
	.bind = udp_socket_bind,
	.connect = udp_socket_connect,
	.name = udp_socket_name,
	.get_option = datagram_get_option,
	.set_option = datagram_set_option,
	.release = udp_socket_release,
};

int udp_socket_create(int family, unsigned flags, struct file **file)
{
	struct inet *inet = inet_new(&udp_ops, family, SOCK_DGRAM, IPPROTO_UDP);

	if (!inet)
		return -ENOMEM;
	list_init(&inet->packets);
	GUARD(net);
	inet->udp = udp_new_ip_type(inet_ip_type(inet));
	*file = inet->udp ? socket_file(&inet->socket, flags) : NULL;
	if (*file) {
		udp_recv(inet->udp, on_receive, inet);
		return 0;
	}
	if (inet->udp)
		udp_remove(inet->udp);
	heap_free(inet);
	return -ENOMEM;
}
