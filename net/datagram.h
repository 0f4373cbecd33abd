/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sockets of whole packets share: those of UDP (udp.c), of echo requests (ping.c) and raw ones
 * (raw.c).
 */
#pragma once

#include "inet.h"

/* Queue what was received for the program; takes `data`. Lock held. */
void datagram_put(struct inet *inet, struct pbuf *data, const ip_addr_t *from, uint16_t port);

/* Forget what is queued. Lock held. */
void datagram_drop_all(struct inet *inet);

/* The program's bytes with room for headers in front. NULL: memory is out, or theirs is bad. */
struct pbuf *datagram_data(struct io *io);

/* Not locked: operations of struct socket_ops. */
long datagram_receive(struct socket *socket, struct message *message, uint64_t deadline_ns);
uint32_t datagram_poll(struct socket *socket, struct poll_watch *watch);
int datagram_shutdown(struct socket *socket, int how);
int datagram_count(struct socket *socket);
int datagram_buffer(struct socket *socket, bool send, size_t size);
int datagram_get_option(struct socket *socket, int level, int option, void *value, size_t *size);
int datagram_set_option(struct socket *socket, int level, int option, const void *value,
			size_t size);

/*
 * The same, of those whose object is the library's raw one. `send` fills in what is missing in the
 * packet and sends it: 0 or a negative errno, lock held.
 */
long raw_socket_send_by(struct socket *socket, struct message *message,
			int (*send)(struct inet *inet, struct pbuf *data, ip_addr_t *to));
int raw_socket_bind(struct socket *socket, const void *name, size_t length);
int raw_socket_connect(struct socket *socket, const void *name, size_t length,
		       uint64_t deadline_ns);
int raw_socket_name(struct socket *socket, bool peer, void *name, size_t *length);
void raw_socket_release(struct socket *socket);
