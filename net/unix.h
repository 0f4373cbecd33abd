/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the kinds of local sockets: connected pairs (unix.c), which know nothing of names and
 * are what carries streams; sockets with names (unix_name.c): streams (unix_stream.c) and
 * datagrams (unix_datagram.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/list.h>
#include <fs/poll.h>
#include <kernel/waitq.h>
#include <net/socket.h>

#define UNIX_LIMIT_FIRST (128u << 10) /* bytes of packets that wait, with what they cost */
#define UNIX_LIMIT_LEAST ((size_t)4096)
#define UNIX_LIMIT_MOST	 ((size_t)1 << 20)

struct inode;

/* struct sockaddr_un, with room for a zero behind the longest path. */
struct unix_address {
	uint16_t family;
	char path[108 + 2];
};

/* A name as bind() got it; does not change. */
struct unix_name {
	uint32_t refs; /* atomic */
	size_t length; /* of `address`, an ending zero of a path included */
	struct unix_address address;
};

/* NULL is allowed. */
struct unix_name *unix_name_get(struct unix_name *name);
void unix_name_put(struct unix_name *name);
/* The address of a name or, with NULL, of a socket without one; for socket_ops.name. */
int unix_name_out(const struct unix_name *name, void *address, size_t *length);

struct packet {
	struct list node;
	size_t length;
	size_t taken; /* of a stream */
	unsigned file_count;
	struct file **files;	/* NULL: none */
	struct unix_name *from; /* of a datagram; NULL: has none */
	uint8_t data[];
};

/* The bytes, and the files with the first of them. NULL: memory is out, or the program's is bad. */
struct packet *unix_packet_make(struct message *message, size_t length);
void unix_packet_free(struct packet *packet);
/* Copy out what is left of it to a socket of a type. Is it used up? Not when io.fault. */
bool unix_packet_copy(int type, struct packet *packet, struct message *message);
static inline size_t unix_packet_cost(size_t length)
{
	return length + sizeof(struct packet);
}

/*
 * A connected pair of sockets, without files; each is released by its operation. `tell` gets the
 * news of a socket until it is released.
 */
int unix_pair_make(int type, struct socket *sockets[2]);
void unix_pair_tell(struct socket *socket, struct poll_source *tell);

/* What all sockets with names have. Guarded by unix_queue.lock, but for what does not change. */
struct unix_socket {
	struct socket socket;
	struct poll_source source;
	struct list node;	/* of all that were bound; unlinked: points to itself */
	struct unix_name *name; /* NULL: none */
	struct inode *inode;	/* of a path, referenced; NULL: none */
};

/*
 * One lock for all: a socket is found by its name, looked at and used under it, so none goes away
 * meanwhile. Who waits for something of a socket looks for it again afterwards.
 */
extern struct waitq unix_queue;

/* Whom a name means, as far as that is known without the lock. */
struct unix_target {
	struct inode *inode; /* of a path, referenced */
	struct unix_address address;
	size_t length;
};

/* 0, -EINVAL, -ECONNREFUSED (no socket), and what a path can be wrong about. Then _end. */
int unix_target_begin(struct unix_target *target, const void *name, size_t length);
void unix_target_end(struct unix_target *target);

/* Lock held. The socket with the name, or NULL. */
struct unix_socket *unix_find(const struct unix_target *target);

void unix_socket_init(struct unix_socket *unix_socket, const struct socket_ops *ops, int type);
int unix_bind(struct socket *socket, const void *name, size_t length);
/* Lock held: it is not found any more. Then, without the lock, the rest. */
void unix_unbind(struct unix_socket *unix_socket);
void unix_socket_end(struct unix_socket *unix_socket);

static inline struct unix_socket *unix_socket_of(struct socket *socket)
{
	return CONTAINER_OF(socket, struct unix_socket, socket);
}

/* For socket_create(). */
extern const struct socket_family unix_family;

/* New sockets. 0 or -ENOMEM. */
int unix_stream_create(int type, unsigned flags, struct file **file);
int unix_datagram_create(unsigned flags, struct file **file);
