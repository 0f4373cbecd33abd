/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of stream sockets. All with the network lock held unless it says otherwise. */
#pragma once

#include <lwip/tcp.h>

#include "inet.h"

/* Watch a connection of the library on behalf of a socket. */
void tcp_attach(struct inet *inet, struct tcp_pcb *pcb);

/* Peers that want each byte in a segment of its own get a few at a time. */
#define TCP_MSS_LEAST 64

/* Let go of it: it ends by itself. The names are kept. */
void tcp_detach(struct inet *inet);

/* A connection that is `broken` ends, with a reset. No callback of the library's. */
void tcp_break(struct inet *inet);

/* Bytes that may be sent now. */
uint32_t tcp_room(const struct inet *inet);

/* Is there so much room that a sender should go on? */
bool tcp_roomy(const struct inet *inet);

/* Not locked: the operations of struct socket_ops. */
long tcp_socket_send(struct socket *socket, struct message *message, uint64_t deadline_ns);
long tcp_socket_receive(struct socket *socket, struct message *message, uint64_t deadline_ns);
int tcp_socket_listen(struct socket *socket, int backlog);
int tcp_socket_accept(struct socket *socket, struct socket **accepted, uint64_t deadline_ns);
int tcp_get_option(struct socket *socket, int level, int option, void *value, size_t *size);
int tcp_set_option(struct socket *socket, int level, int option, const void *value, size_t size);

/* Those that nobody accepted end with their listener. */
void tcp_drop_accepted(struct inet *inet);

/* A connection that is not accepted yet broke. */
struct inet *tcp_inet_new(int family);
void tcp_inet_free(struct inet *inet);
