/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the calls about sockets. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <base/guard.h>
#include <net/socket.h>
#include <posix/fd.h>

/* struct msghdr and struct mmsghdr as the kernel's interface lays them out. */
struct user_message {
	void *name;
	uint32_t name_size;
	const struct iovec *pieces;
	size_t piece_count;
	void *control;
	size_t control_size;
	uint32_t flags;
};

struct user_messages {
	struct user_message message;
	uint32_t moved;
};

/* The file of a socket's descriptor, with a reference: 0, -EBADF, -ENOTSOCK. */
int socket_get(int fd, struct file **file);

/* An address in and out; `user_size` is what there is room for and becomes what there would be. */
int socket_name_in(uint8_t *name, const void *user, unsigned size);
int socket_name_out(const void *name, size_t length, void *user, unsigned *user_size);
