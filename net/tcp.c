/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream sockets: their life. What is sent and received: tcp_data.c; listening: tcp_listen.c. */
#include "tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <kernel/clock.h>
#include <mem/heap.h>

#define EVENTS_END (POLL_READABLE | POLL_WRITABLE | POLLRDHUP | POLLHUP | POLLERR)

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct inet *inet = arg;

	(void)error; /* always ERR_OK */
	pcb->mss = MAX(pcb->mss, (uint16_t)TCP_MSS_LEAST);
	inet->state = INET_CONNECTED;
	inet_changed(inet, POLL_WRITABLE | POLLHUP);
	return ERR_OK;
}

static void drop_received(struct inet *inet)
{
	struct pbuf *packet;

	while ((packet = inet->first)) {
		inet->first = packet->waiting;
		pbuf_free(packet);
	}
	inet->received = 0;
}

/*
 * Memory is scarce, and the program does not read what it has. The library keeps this packet, takes
 * no more and asks again; in the end the connection breaks. Not from in here: of packets that it
 * kept the library does not expect that (tcp_input() in lwIP 2.2.1), but soon (timers.c).
 */
static err_t refuse(struct inet *inet)
{
	if (!net_share() && !inet->receiving) {
		drop_received(inet);
		inet->broken = true;
		inet->error = ENOBUFS;
		inet_changed(inet, EVENTS_END);
	}
	return ERR_MEM;
}

void tcp_break(struct inet *inet)
{
	tcp_abort(inet->tcp);
	inet->error = ENOBUFS;
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	struct inet *inet = arg;

	(void)error;
	if (!packet) {
		inet->end = true;
		/* Both sides have ended: the library forgets it without another word. */
		if (pcb->state == CLOSING || pcb->state == TIME_WAIT)
			tcp_detach(inet);
		inet_changed(inet, EVENTS_END);
		return ERR_OK;
	}
	if (inet->no_receive && !inet->broken) {
		tcp_recved(pcb, packet->tot_len);
		pbuf_free(packet);
		return ERR_OK;
	}
	if (inet->broken)
		return ERR_MEM;
	if (inet->received && inet->received >= net_share())
		return refuse(inet);
	packet->waiting = NULL;
	if (inet->first)
		inet->last->waiting = packet;
	else
		inet->first = packet;
	inet->last = packet;
	inet->received += packet->tot_len;
	inet_changed(inet, POLL_READABLE);
	net_ack_soon();
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, uint16_t size)
{
	struct inet *inet = arg;

	(void)pcb, (void)size;
	if (tcp_roomy(inet))
		inet_changed(inet, POLL_WRITABLE);
	return ERR_OK;
}

/* The library has freed its object. */
static void on_error(void *arg, err_t error)
{
	struct inet *inet = arg;
	bool connecting = inet->state == INET_CONNECTING;

	inet->tcp = NULL;
	inet->end = true;
	inet->error = connecting && error == ERR_RST ? ECONNREFUSED : -inet_error(error);
	inet->state = connecting ? INET_NEW : INET_ENDED;
	inet_changed(inet, EVENTS_END);
}

void tcp_attach(struct inet *inet, struct tcp_pcb *pcb)
{
	inet->tcp = pcb;
	inet->local_port = pcb->local_port;
	tcp_arg(pcb, inet);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
}

void tcp_detach(struct inet *inet)
{
	struct tcp_pcb *pcb = inet->tcp;

	inet->local = pcb->local_ip, inet->local_port = pcb->local_port;
	inet->remote = pcb->remote_ip, inet->remote_port = pcb->remote_port;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	inet->tcp = NULL;
	inet->state = INET_ENDED;
}

/* The library's object is there when a call needs it: a connection that failed took it away. */
static int need_pcb(struct inet *inet)
{
	struct tcp_pcb *pcb;

	if (inet->tcp)
		return 0;
	pcb = tcp_new_ip_type(inet_ip_type(inet));
	if (!pcb)
		return -ENOMEM;
	tcp_attach(inet, pcb);
	inet_apply(inet);
	return 0;
}

static int tcp_socket_bind(struct socket *socket, const void *name, size_t length)
{
	struct inet *inet = inet_of(socket);
	ip_addr_t address;
	uint16_t port;
	int error;

	GUARD(net);
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (inet->state != INET_NEW || (inet->tcp && inet->tcp->local_port))
		return -EINVAL;
	if (!inet_is_local(&address) || ip_addr_ismulticast(&address))
		return -EADDRNOTAVAIL;
	error = need_pcb(inet);
	if (error)
		return error;
	if (inet->socket.family == AF_INET6 && !inet->only_v6 && ip_addr_isany(&address))
		IP_SET_TYPE(&address, IPADDR_TYPE_ANY);
	return inet_error(tcp_bind(inet->tcp, &address, port));
}

/* Lock held: wait until it is connected or not. */
static int await_connection(struct inet *inet, uint64_t deadline_ns)
{
	int error;

	while (inet->state == INET_CONNECTING) {
		error = inet_wait(inet, INET_KEY_SEND, deadline_ns);
		inet->untold = error == -EINTR;
		if (error)
			return error == -EINTR ? error : -EINPROGRESS;
	}
	inet->untold = false;
	error = inet_take_error(inet);
	return error ? error : inet->state == INET_CONNECTED ? 0 : -ECONNABORTED;
}

static int tcp_socket_connect(struct socket *socket, const void *name, size_t length,
			      uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	ip_addr_t address;
	uint16_t port;
	int error;

	GUARD(net);
	error = inet_name_in(inet, name, length, &address, &port);
	if (error)
		return error;
	if (inet->state == INET_CONNECTING)
		return deadline_ns ? await_connection(inet, deadline_ns) : -EALREADY;
	/* One that was interrupted is asked for again: it was done meanwhile. */
	if (inet->state == INET_CONNECTED && inet->untold)
		return await_connection(inet, deadline_ns);
	if (inet->state != INET_NEW)
		return inet->state == INET_LISTEN ? -EOPNOTSUPP : -EISCONN;
	if (ip_addr_ismulticast(&address) || !port)
		return port ? -ENETUNREACH : -ECONNREFUSED;
	error = need_pcb(inet);
	if (error)
		return error;
	if (ip_addr_isany(&address)) {
		if (IP_IS_V4_VAL(address))
			ip_addr_set_loopback(false, &address);
		else
			ip_addr_set_loopback(true, &address);
	}
	if (!inet_goes_to(&inet->tcp->local_ip, &address))
		return -ENETUNREACH;
	inet->end = false;
	inet->error = 0;
	inet->state = INET_CONNECTING;
	inet->untold = false;
	error = inet_error(tcp_connect(inet->tcp, &address, port, on_connected));
	if (error) {
		inet->state = INET_NEW;
		return error == -ENOBUFS ? -EADDRNOTAVAIL : error;
	}
	if (deadline_ns)
		return await_connection(inet, deadline_ns);
	return -EINPROGRESS;
}

static uint32_t tcp_socket_poll(struct socket *socket, struct poll_watch *watch)
{
	struct inet *inet = inet_of(socket);
	uint32_t ready = 0;

	poll_watch_add(&inet->source, watch);
	GUARD(net);
	if (inet->error)
		ready |= POLLERR;
	switch (inet->state) {
	case INET_LISTEN:
		return list_empty(&inet->accepted) ? 0 : POLL_READABLE;
	case INET_CONNECTING:
		return ready;
	case INET_NEW:
		return ready | POLLHUP | POLL_WRITABLE |
		       (inet->end ? POLL_READABLE | POLLRDHUP : 0);
	default:
		break;
	}
	if (inet->end || inet->no_receive)
		ready |= POLL_READABLE | POLLRDHUP;
	if (inet->first)
		ready |= POLL_READABLE;
	if (inet->state == INET_ENDED || ((inet->end || inet->no_receive) && inet->no_send))
		ready |= POLLHUP;
	if (inet->state == INET_ENDED || inet->no_send || tcp_roomy(inet))
		ready |= POLL_WRITABLE;
	return ready;
}

static int tcp_socket_shutdown(struct socket *socket, int how)
{
	struct inet *inet = inet_of(socket);
	int error = 0;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	GUARD(net);
	if (inet->state == INET_LISTEN) {
		/* Whoever waits to accept goes on. */
		if (how == SHUT_WR)
			return 0;
		tcp_drop_accepted(inet);
		tcp_arg(inet->tcp, NULL);
		tcp_close(inet->tcp);
		inet->tcp = NULL;
		inet->state = INET_NEW;
		inet_changed(inet, EVENTS_END);
		return 0;
	}
	if (inet->state != INET_CONNECTED)
		return -ENOTCONN;
	if (how != SHUT_WR)
		inet->no_receive = true;
	if (how != SHUT_RD && !inet->no_send) {
		inet->no_send = true;
		error = inet_error(tcp_shutdown(inet->tcp, 0, 1));
		tcp_output(inet->tcp);
	}
	inet_changed(inet, EVENTS_END);
	return error;
}

static int tcp_socket_count(struct socket *socket)
{
	GUARD(net);
	return (int)inet_of(socket)->received;
}

static int tcp_socket_buffer(struct socket *socket, bool send, size_t size)
{
	struct inet *inet = inet_of(socket);
	uint32_t *limit = send ? &inet->send_limit : &inet->receive_limit;

	/* As Linux has it: twice what was asked for. */
	if (size)
		WRITE_ONCE(*limit, (uint32_t)MAX((size_t)4608, MIN(size, (size_t)1 << 22) * 2));
	return (int)READ_ONCE(*limit);
}

static int tcp_socket_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	struct inet *inet = inet_of(socket);
	bool ended = inet->state == INET_ENDED;
	ip_addr_t address;
	uint16_t port = 0;

	GUARD(net);
	if (peer && inet->state != INET_CONNECTED && !(ended && inet->remote_port))
		return -ENOTCONN;
	if (inet->tcp) {
		address = peer ? inet->tcp->remote_ip : inet->tcp->local_ip;
		port = peer ? inet->tcp->remote_port : inet->tcp->local_port;
	} else if (ended) {
		address = peer ? inet->remote : inet->local;
		port = peer ? inet->remote_port : inet->local_port;
	} else {
		ip_addr_set_any(socket->family == AF_INET6, &address);
	}
	if (IP_IS_ANY_TYPE_VAL(address))
		IP_SET_TYPE_VAL(address, IPADDR_TYPE_V6);
	*length = inet_name_out(inet, name, &address, port);
	return 0;
}

void tcp_inet_free(struct inet *inet)
{
	drop_received(inet);
	heap_free(inet);
}

/* SO_LINGER with a time: until all is acknowledged. */
static void linger(struct inet *inet)
{
	uint64_t deadline = clock_monotonic_ns() + (uint64_t)inet->linger_s * NS_PER_S;

	if (!inet->no_send)
		tcp_shutdown(inet->tcp, 0, 1);
	inet->no_send = true;
	while (inet->tcp && (inet->tcp->unacked || inet->tcp->unsent))
		if (inet_wait(inet, INET_KEY_SEND, deadline))
			break;
}

static void tcp_socket_release(struct socket *socket)
{
	struct inet *inet = inet_of(socket);
	struct tcp_pcb *pcb;

	GUARD(net);
	if (inet->state == INET_LISTEN)
		tcp_drop_accepted(inet);
	if (inet->state == INET_CONNECTED && inet->linger_s > 0 && !inet->first)
		linger(inet);
	pcb = inet->tcp;
	if (pcb) {
		tcp_arg(pcb, NULL);
		if (inet->state != INET_LISTEN) {
			tcp_recv(pcb, NULL);
			tcp_sent(pcb, NULL);
			tcp_err(pcb, NULL);
		}
		if (inet->state == INET_CONNECTED && !inet->linger_s)
			tcp_abort(pcb);
		else if (tcp_close(pcb) != ERR_OK)
			tcp_abort(pcb);
	}
	tcp_inet_free(inet);
}

static const struct socket_ops tcp_ops = {
	.send = tcp_socket_send,
	.receive = tcp_socket_receive,
	.poll = tcp_socket_poll,
	.shutdown = tcp_socket_shutdown,
	.count = tcp_socket_count,
	.buffer = tcp_socket_buffer,
	.bind = tcp_socket_bind,
	.connect = tcp_socket_connect,
	.listen = tcp_socket_listen,
	.accept = tcp_socket_accept,
	.name = tcp_socket_name,
	.get_option = tcp_get_option,
	.set_option = tcp_set_option,
	.release = tcp_socket_release,
};

struct inet *tcp_inet_new(int family)
{
	struct inet *inet = inet_new(&tcp_ops, family, SOCK_STREAM, IPPROTO_TCP);

	if (inet) {
		list_init(&inet->accepted);
		list_init(&inet->accept_node);
	}
	return inet;
}

int tcp_socket_create(int family, unsigned flags, struct file **file)
{
	struct inet *inet = tcp_inet_new(family);

	if (!inet)
		return -ENOMEM;
	GUARD(net);
	*file = need_pcb(inet) ? NULL : socket_file(&inet->socket, flags);
	if (*file)
		return 0;
	if (inet->tcp)
		tcp_close(inet->tcp);
	heap_free(inet);
	return -ENOMEM;
}
