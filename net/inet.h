/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the Internet's families. One struct for the kinds (stream, datagram, raw): what each
 * has of its own lies in a union. Everything is guarded by the network's lock (core.h) but what
 * says otherwise.
 *
 * Waiting: who finds nothing to do remembers `changes`, gives up the network's lock and sleeps
 * until it is another number; who changes something counts it up (inet_changed).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lwip/ip_addr.h>

#include <fs/poll.h>
#include <kernel/waitq.h>
#include <net/socket.h>

#include "core.h"

struct pbuf;
struct tcp_pcb;
struct udp_pcb;

enum inet_state {
	INET_NEW, /* perhaps bound */
	INET_LISTEN,
	INET_CONNECTING,
	INET_CONNECTED,
	INET_ENDED, /* was connected: the library knows it no more */
};

/* What a thread waits for: keys of the queue. */
#define INET_KEY_RECEIVE 1
#define INET_KEY_SEND	 2

struct inet {
	struct socket socket;
	struct waitq queue;
	uint32_t changes; /* written with both locks */
	struct poll_source source;

	uint8_t state;
	bool only_v6, end, no_receive, no_send; /* end: the peer sends no more */
	bool receiving, sending;		/* somebody copies: its turn */
	bool broken;				/* for want of memory: its bytes are gone */
	bool untold;	     /* connect() was interrupted and has said nothing yet */
	bool large;	     /* segments of it may be large (large.h) */
	int error;	     /* SO_ERROR, positive */
	int linger_s;	     /* -1: off */
	uint16_t so_options; /* SOF_…, for the library's next object */
	uint32_t send_limit, receive_limit;

	/* Received: chained by pbuf->waiting; the bytes of all, and those taken of the first. */
	struct pbuf *first, *last;
	uint32_t received;

	union {
		struct tcp_pcb *tcp;
		struct udp_pcb *udp;
		void *pcb; /* NULL: there is none (any more) */
	};
	union {
		struct {		      /* stream */
			struct list accepted; /* listening: struct inet by accept_node */
			unsigned accept_count, backlog;
			struct list accept_node; /* of one that waits to be accepted */
			struct inet *listener;
			bool no_delay;
			ip_addr_t local, remote; /* INET_ENDED: the names, for getpeername() */
			uint16_t local_port, remote_port;
		};
		struct {		     /* datagram */
			struct list packets; /* struct datagram */
			bool connected;
			uint16_t ping_id;   /* of echo requests, as it goes out */
			uint32_t filter[8]; /* raw: types of ICMP that are not wanted */
		};
	};
};

static inline struct inet *inet_of(struct socket *socket)
{
	return CONTAINER_OF(socket, struct inet, socket);
}

/* A new one with what all have, or NULL. */
struct inet *inet_new(const struct socket_ops *ops, int family, int type, int protocol);

/* There is something new for those who wait and for polls. Lock held. */
void inet_changed(struct inet *inet, uint32_t events);

/* A turn has ended: who waits for one looks again. Nothing that a poll tells. Lock held. */
void inet_pass(struct inet *inet, uintptr_t key);

/*
 * Give up the lock until there is something new. 0, -EAGAIN (deadline 0), -ETIMEDOUT, -EINTR. Lock
 * held, and held again.
 */
int inet_wait(struct inet *inet, uintptr_t key, uint64_t deadline_ns);

/* The library's error codes as negative errno. */
int inet_error(int8_t error);

/* Take out SO_ERROR: negative errno or 0. */
int inet_take_error(struct inet *inet);

/*
 * Addresses. In: 0, -EINVAL (too short), -EAFNOSUPPORT. Out: bytes. `any`: the family's wildcard is
 * meant as an address of ours to connect to.
 */
int inet_name_in(const struct inet *inet, const void *name, size_t length, ip_addr_t *address,
		 uint16_t *port);
size_t inet_name_out(const struct inet *inet, void *name, const ip_addr_t *address, uint16_t port);

/* Both ends are of one family: who is bound to one of IPv6 reaches no mapped one of IPv4. */
bool inet_goes_to(const ip_addr_t *own, const ip_addr_t *to);

/* Is it one of our own, a wildcard or a group's? */
bool inet_is_local(const ip_addr_t *address);

/* The type of the library's objects for a socket. */
uint8_t inet_ip_type(const struct inet *inet);

/* Options that streams and datagrams share; -ENOPROTOOPT: not one of these. */
int inet_get_option(struct inet *inet, int level, int option, void *value, size_t *size);
int inet_set_option(struct inet *inet, int level, int option, const void *value, size_t size);

/* SO_REUSEADDR and the like in the library's object, when one was made. */
void inet_apply(struct inet *inet);

int tcp_socket_create(int family, unsigned flags, struct file **file);
int udp_socket_create(int family, unsigned flags, struct file **file);
int ping_socket_create(unsigned flags, struct file **file);
int raw_socket_create(int family, int protocol, unsigned flags, struct file **file);
