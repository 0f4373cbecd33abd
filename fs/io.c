/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/io.h>

#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <mem/user.h>

/* Enough for any program: what Linux allows and the C library's IOV_MAX says. */
#define PIECES_MAX 1024
#define BYTES_MAX  ((size_t)INT64_MAX)

int io_buffer(struct io *io, void *user, size_t size)
{
	/* One by one: the compiler would clear all of it first, by a call. */
	io->base = user;
	io->room = size;
	io->next = NULL;
	io->pieces = 0;
	io->left = size;
	io->done = 0;
	io->fault = false;
	io->kernel = false;
	return size > BYTES_MAX ? -EINVAL : 0;
}

int io_vector(struct io *io, const struct iovec *user, long count)
{
	struct iovec piece;

	*io = (struct io){.next = user, .pieces = (unsigned)count};
	if (count < 0 || count > PIECES_MAX)
		return -EINVAL;
	for (long i = 0; i < count; i++) {
		if (user_copy_in(&piece, user + i, sizeof(piece)))
			return -EFAULT;
		if (piece.iov_len > BYTES_MAX - io->left)
			return -EINVAL;
		io->left += piece.iov_len;
	}
	return 0;
}

/*
 * Bytes at io->base that can be copied as one: never across a page of the application's, so that a
 * copy that fails has moved nothing that counts. 0: all is done, or the array is not there any
 * more.
 */
static size_t io_chunk(struct io *io, size_t size)
{
	struct iovec piece;

	if (io->fault)
		return 0;
	while (io->left && !io->room) {
		if (!io->pieces || user_copy_in(&piece, io->next, sizeof(piece))) {
			io->fault = true;
			return 0;
		}
		io->next++;
		io->pieces--;
		io->base = piece.iov_base;
		io->room = piece.iov_len;
	}
	size = MIN(size, MIN(io->room, io->left));
	return MIN(size, PAGE_SIZE - ((uintptr_t)io->base & PAGE_MASK));
}

/* The kernel's buffers need no check, and do not fault. */
static int copy_in(const struct io *io, void *to, size_t size)
{
	if (!io->kernel)
		return user_copy_in(to, io->base, size);
	memcpy(to, io->base, size);
	return 0;
}

static int copy_out(const struct io *io, const void *from, size_t size)
{
	if (!io->kernel)
		return user_copy_out(io->base, from, size);
	memcpy(io->base, from, size);
	return 0;
}

static int zero(const struct io *io, size_t size)
{
	if (!io->kernel)
		return user_zero(io->base, size);
	memset(io->base, 0, size);
	return 0;
}

/* True: go on. */
static bool io_advance(struct io *io, size_t size, int error)
{
	if (error) {
		io->fault = true;
		return false;
	}
	io->base += size;
	io->room -= size;
	io->left -= size;
	io->done += size;
	return true;
}

/* Few bytes in one page of the present piece: most transfers of pipes and sockets. */
static bool io_is_short(const struct io *io, size_t size)
{
	return size && size <= io->room && size <= io->left && !io->fault && !io->kernel &&
	       ((uintptr_t)io->base & PAGE_MASK) + size <= PAGE_SIZE;
}

size_t io_in(struct io *io, void *to, size_t size)
{
	size_t at = 0, n;

	if (io_is_short(io, size))
		return io_advance(io, size, user_copy_in(to, io->base, size)) ? size : 0;
	while ((n = io_chunk(io, size - at)) && io_advance(io, n, copy_in(io, (char *)to + at, n)))
		at += n;
	return at;
}

size_t io_out(struct io *io, const void *from, size_t size)
{
	size_t at = 0, n;

	if (io_is_short(io, size))
		return io_advance(io, size, user_copy_out(io->base, from, size)) ? size : 0;
	while ((n = io_chunk(io, size - at)) &&
	       io_advance(io, n, copy_out(io, (const char *)from + at, n)))
		at += n;
	return at;
}

size_t io_zero(struct io *io, size_t size)
{
	size_t at = 0, n;

	while ((n = io_chunk(io, size - at)) && io_advance(io, n, zero(io, n)))
		at += n;
	return at;
}
