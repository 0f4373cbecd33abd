/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening: connections that the library has completed wait here to be accepted. */
#include "tcp.h"

#include <errno.h>
#include <sys/socket.h>

#include <lwip/priv/tcp_priv.h>

#include <base/bits.h>

#define BACKLOG_MAX 4096

/*
 * The library drops what asks to connect when so many are half open and cannot be counted elsewhere
 * (half_open.c). With a full queue it drops all of them, and the others ask again.
 */
static void set_half_open(struct inet *inet)
{
	unsigned room = inet->accept_count < inet->backlog ? inet->backlog - inet->accept_count : 0;

	((struct tcp_pcb_listen *)(void *)inet->tcp)->backlog = (uint8_t)MIN(room, 255u);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct inet *inet = arg, *child;

	if (!inet || error != ERR_OK || !pcb)
		return ERR_MEM;
	child = tcp_inet_new(inet->socket.family);
	if (!child)
		return ERR_MEM;
	pcb->mss = MAX(pcb->mss, (uint16_t)TCP_MSS_LEAST);
	tcp_attach(child, pcb);
	child->state = INET_CONNECTED;
	child->only_v6 = inet->only_v6;
	child->so_options = inet->so_options;
	child->linger_s = inet->linger_s;
	child->send_limit = inet->send_limit;
	child->receive_limit = inet->receive_limit;
	child->no_delay = inet->no_delay;
	child->socket.receive_timeout_ns = inet->socket.receive_timeout_ns;
	child->socket.send_timeout_ns = inet->socket.send_timeout_ns;
	if (child->no_delay)
		tcp_nagle_disable(pcb);
	child->listener = inet;
	list_push_back(&inet->accepted, &child->accept_node);
	inet->accept_count++;
	set_half_open(inet);
	inet_changed(inet, POLL_READABLE);
	return ERR_OK;
}

int tcp_socket_listen(struct socket *socket, int backlog)
{
	struct inet *inet = inet_of(socket);
	struct tcp_pcb *pcb;
	err_t error = ERR_OK;

	GUARD(net);
	if (inet->state != INET_NEW && inet->state != INET_LISTEN)
		return -EINVAL;
	inet->backlog = (unsigned)MAX(1, MIN(backlog < 0 ? BACKLOG_MAX : backlog, BACKLOG_MAX));
	if (inet->state == INET_NEW) {
		if (!inet->tcp) {
			pcb = tcp_new_ip_type(inet_ip_type(inet));
			if (!pcb)
				return -ENOMEM;
			tcp_attach(inet, pcb);
			inet_apply(inet);
		}
		if (!inet->tcp->local_port) {
			ip_addr_t any = inet->tcp->local_ip;

			error = tcp_bind(inet->tcp, &any, 0);
			if (error != ERR_OK)
				return inet_error(error);
		}
		pcb = tcp_listen_with_backlog_and_err(inet->tcp, 255, &error);
		if (!pcb)
			return inet_error(error);
		inet->tcp = pcb;
		inet->state = INET_LISTEN;
		tcp_accept(pcb, on_accept);
	}
	set_half_open(inet);
	return 0;
}

static void take(struct inet *inet, struct inet *child)
{
	list_remove(&child->accept_node);
	child->listener = NULL;
	inet->accept_count--;
}

int tcp_socket_accept(struct socket *socket, struct socket **accepted, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket), *child;
	int error;

	GUARD(net);
	for (;;) {
		if (inet->state != INET_LISTEN)
			return -EINVAL;
		if (!list_empty(&inet->accepted))
			break;
		error = inet_wait(inet, INET_KEY_RECEIVE, deadline_ns);
		if (error)
			return error == -ETIMEDOUT ? -EAGAIN : error;
	}
	child = LIST_FIRST(&inet->accepted, struct inet, accept_node);
	take(inet, child);
	set_half_open(inet);
	*accepted = &child->socket;
	return 0;
}

void tcp_drop_accepted(struct inet *inet)
{
	while (!list_empty(&inet->accepted)) {
		struct inet *child = LIST_FIRST(&inet->accepted, struct inet, accept_node);

		take(inet, child);
		if (child->tcp) {
			struct tcp_pcb *pcb = child->tcp;

			tcp_detach(child);
			tcp_abort(pcb);
		}
		tcp_inet_free(child);
	}
}
