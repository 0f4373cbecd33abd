/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application's memory of one read or write: a buffer, or the pieces that an iovec array lists.
 * Files move bytes to and from it; what has been moved is remembered, so a call that stops half way
 * tells how far it came. The array is read again piece by piece: it may change meanwhile, but no
 * more bytes are moved than were checked at the beginning.
 *
 * Thread context, no spinlock held (mutexes may be).
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;

struct io {
	uint8_t *base; /* the present piece: what is left of it */
	size_t room;
	const struct iovec *next; /* the application's: pieces behind it */
	unsigned pieces;
	size_t left; /* bytes of all pieces that were not moved yet */
	size_t done; /* bytes that were */
	bool fault;  /* the application's memory was not there */
	bool kernel; /* `base` is the kernel's own: one buffer, never a fault */
};

/* One buffer. 0, or -EINVAL: more bytes than a ssize_t can count. */
int io_buffer(struct io *io, void *user, size_t size);

/* One buffer in the kernel's own memory, as large as a heap block can be. */
static inline void io_kernel(struct io *io, void *buffer, size_t size)
{
	*io = (struct io){.base = buffer, .room = size, .left = size, .kernel = true};
}

/* An array. 0, -EINVAL (too many pieces or bytes), -EFAULT. */
int io_vector(struct io *io, const struct iovec *user, long count);

/*
 * Move up to `size` bytes from or to the application, or zeros to it; returns how many. Fewer than
 * both `size` and what was left: io->fault is set.
 */
size_t io_in(struct io *io, void *to, size_t size);
size_t io_out(struct io *io, const void *from, size_t size);
size_t io_zero(struct io *io, size_t size);

/* Bytes of the present piece were moved by other means. */
static inline void io_moved(struct io *io, size_t size)
{
	io->base += size;
	io->room -= size;
	io->left -= size;
	io->done += size;
}

/* What the call returns when the file has no error to tell: bytes moved, or -EFAULT. */
static inline long io_result(const struct io *io)
{
	return io->done || !io->fault ? (long)io->done : -EFAULT;
}
