/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as files. A family embeds struct socket in its own and fills in the operations; one that
 * is NULL is answered with -EOPNOTSUPP. All operations: thread context, may block, no locks held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <fs/file.h>
#include <fs/io.h>

struct ifreq;
struct poll_watch;

#define SOCKET_FILES_MAX 16  /* descriptors in one message */
#define SOCKET_NAME_MAX	 128 /* bytes of an address: struct sockaddr_storage */

/* One send or receive. */
struct message {
	struct io io;
	unsigned flags;	    /* MSG_… of the call */
	unsigned out_flags; /* receiving: MSG_TRUNC, MSG_EOR and so on */
	size_t full_length; /* receiving: of the whole datagram, as MSG_TRUNC asks; else 0 */
	struct file *files[SOCKET_FILES_MAX]; /* references; who takes them sets file_count to 0 */
	unsigned file_count;
	bool wants_files; /* receiving: there is room for them */
	_Alignas(8) uint8_t name[SOCKET_NAME_MAX];
	size_t name_length; /* 0: none */
};

struct socket {
	const struct socket_ops *ops;
	int family, type, protocol;
	uint64_t receive_timeout_ns, send_timeout_ns; /* 0: none; atomic */
};

struct socket_ops {
	/* Bytes or a negative errno; -EPIPE raises SIGPIPE in the caller. */
	long (*send)(struct socket *socket, struct message *message, uint64_t deadline_ns);
	long (*receive)(struct socket *socket, struct message *message, uint64_t deadline_ns);
	uint32_t (*poll)(struct socket *socket, struct poll_watch *watch);
	int (*shutdown)(struct socket *socket, int how);
	/* Bytes that can be received, for FIONREAD. */
	int (*count)(struct socket *socket);
	/* SOL_SOCKET's buffer sizes; 0 reads the size. */
	int (*buffer)(struct socket *socket, bool send, size_t size);

	int (*bind)(struct socket *socket, const void *name, size_t length);
	int (*connect)(struct socket *socket, const void *name, size_t length,
		       uint64_t deadline_ns);
	int (*listen)(struct socket *socket, int backlog);
	int (*accept)(struct socket *socket, struct socket **accepted, uint64_t deadline_ns);
	/* The own name or the peer's; `name` has SOCKET_NAME_MAX bytes. */
	int (*name)(struct socket *socket, bool peer, void *name, size_t *length);
	/* Options of other levels than SOL_SOCKET, and those of it that are not common to all. */
	int (*get_option)(struct socket *socket, int level, int option, void *value, size_t *size);
	int (*set_option)(struct socket *socket, int level, int option, const void *value,
			  size_t size);
	/* The file's end: free it. */
	void (*release)(struct socket *socket);
};

/* A file for a socket, whose release operation is called at its end. NULL: memory is out. */
struct file *socket_file(struct socket *socket, unsigned flags);

/* The socket of a file, or NULL. */
struct socket *socket_of(const struct file *file);

/* Send or receive as the file's flags and the message's say. */
long socket_send(struct file *file, struct message *message);
long socket_receive(struct file *file, struct message *message);

/* Give back the references to files that nobody took. */
void message_end(struct message *message);

/* A new socket. 0, -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM. */
int socket_create(int family, int type, int protocol, unsigned flags, struct file **file);

/* The families of the network: a linker set. */
struct socket_family {
	int family;
	int (*create)(int family, int type, int protocol, unsigned flags, struct file **file);
	/* ioctl() about interfaces on sockets of any family; -ENOTTY: not known. May be NULL. */
	int (*interface)(unsigned request, struct ifreq *about);
};

#define SOCKET_FAMILY(option, id)                                                                  \
	static const struct socket_family socket_family_##id SECTION_SET_IF(socket_family, option)

/* Set before AF_UNIX is bound to a path: the permissions of its inode, by the program's mask. */
extern uint32_t (*unix_umask)(uint32_t mode);

/* Two that are connected. */
int unix_pair(int type, unsigned flags, struct file *files[2]);

/* A socket that only unix_inject() sends messages to; told as of another family. */
int unix_single(int family, int type, unsigned flags, struct file **file);
int unix_inject(struct socket *socket, const void *data, size_t size);
/* What the program sends on such a socket; NULL: nobody takes it. Bytes or an error. Atomic. */
extern long (*unix_request)(struct socket *socket, struct message *message);
