/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes: a ring of pages, which are taken when bytes come into them and given back when the last
 * byte has left; one is kept.
 *
 * One thread at a time reads and one writes ("has the turn"). While it copies bytes it does not
 * hold the lock, since the program's memory may have to be filled first: the bytes between tail and
 * head and their pages are the reader's, the others the writer's.
 */
#include <fs/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/user.h>

#include "pipe.h"

static void wake(struct pipe *pipe, uintptr_t key, size_t count)
{
	if (!list_empty(&pipe->queue.waiters))
		waitq_wake(&pipe->queue, key, count);
}

static void *page_new(struct pipe *pipe)
{
	void *kept = __atomic_exchange_n(&pipe->kept, NULL, __ATOMIC_ACQUIRE);
	uint64_t pa = kept ? 0 : frame_alloc();

	return kept ? kept : pa ? linear_address(pa) : NULL;
}

static void page_free(struct pipe *pipe, void *page)
{
	page = __atomic_exchange_n(&pipe->kept, page, __ATOMIC_ACQ_REL);
	if (page)
		frame_free(linear_physical(page));
}

/*
 * Lock held. Wait for the turn to read and for bytes. 0; -EAGAIN, -EINTR; 1: the end of the file.
 */
static int wait_to_read(struct pipe *pipe, struct irq_state *state, const struct file *file)
{
	int error = 0;

	while (!error) {
		if (!pipe->reading) {
			if (pipe_count(pipe))
				return 0;
			if (!pipe->writers)
				return 1;
			if (file->flags & O_NONBLOCK)
				return -EAGAIN;
		}
		pipe->waiting[0]++;
		error = waitq_sleep(&pipe->queue, state, READERS, DEADLINE_NEVER);
		pipe->waiting[0]--;
	}
	return error;
}

/* With the turn: bytes out of the pages, which are given back when they are empty. */
static uint32_t copy_out(struct pipe *pipe, struct io *io, uint32_t count)
{
	uint32_t at = pipe->tail, end = at + count;

	while (at != end) {
		uint8_t **page = pipe_page(pipe, at);
		uint32_t offset = at % PAGE_SIZE;
		uint32_t want = MIN(end - at, (uint32_t)PAGE_SIZE - offset);
		uint32_t n = (uint32_t)io_out(io, *page + offset, want);

		at += n;
		if (offset + n == PAGE_SIZE) {
			page_free(pipe, *page);
			*page = NULL;
		}
		if (n < want)
			break;
	}
	return at - pipe->tail;
}

long pipe_read(struct file *file, struct io *io, int64_t offset)
{
	struct pipe *pipe = file->data;
	struct irq_state state;
	uint32_t moved;
	int error;

	(void)offset;
	if (!io->left)
		return 0;
	state = waitq_lock(&pipe->queue);
	error = wait_to_read(pipe, &state, file);
	if (error) {
		wake(pipe, READERS, 1); /* what woke us was perhaps for another */
		waitq_unlock(&pipe->queue, state);
		return error > 0 ? 0 : error;
	}
	moved = (uint32_t)MIN(io->left, (size_t)pipe_count(pipe));
	pipe->reading = true;
	waitq_unlock(&pipe->queue, state);
	moved = copy_out(pipe, io, moved);
	state = waitq_lock(&pipe->queue);
	pipe->reading = false;
	pipe->tail += moved;
	if (UNLIKELY(pipe->waiting[0]))
		wake(pipe, READERS, 1);
	if (UNLIKELY(pipe->waiting[1]))
		wake(pipe, WRITERS, 1);
	if (pipe_room(pipe) >= PIPE_ATOMIC_BYTES)
		poll_notify(&pipe->source, POLL_WRITABLE);
	waitq_unlock(&pipe->queue, state);
	return io_result(io);
}

/*
 * Lock held. Wait for the turn to write and for room for `least` bytes. 0, -EPIPE, -EAGAIN, -EINTR.
 */
static int wait_to_write(struct pipe *pipe, struct irq_state *state, const struct file *file,
			 uint32_t least)
{
	int error = 0;

	while (!error) {
		if (!pipe->readers)
			return -EPIPE;
		if (!pipe->writing) {
			if (pipe_room(pipe) >= least)
				return 0;
			if (file->flags & O_NONBLOCK)
				return -EAGAIN;
		}
		pipe->waiting[1]++;
		error = waitq_sleep(&pipe->queue, state, WRITERS, DEADLINE_NEVER);
		pipe->waiting[1]--;
	}
	return error;
}

/* With the turn: bytes into the pages. Fewer than `count`: io->fault, or memory is out. */
static uint32_t copy_in(struct pipe *pipe, struct io *io, uint32_t count)
{
	uint32_t at = pipe->head, end = at + count;

	while (at != end) {
		uint8_t **page = pipe_page(pipe, at);
		uint32_t offset = at % PAGE_SIZE;
		uint32_t want = MIN(end - at, (uint32_t)PAGE_SIZE - offset), n;

		if (!*page)
			*page = page_new(pipe);
		n = *page ? (uint32_t)io_in(io, *page + offset, want) : 0;
		at += n;
		if (n < want)
			break;
	}
	return at - pipe->head;
}

/* Lock held, given up while bytes are copied. 0: go on, if there are more. */
static int write_some(struct pipe *pipe, struct irq_state *state, struct io *io)
{
	uint32_t want = (uint32_t)MIN(io->left, (size_t)pipe_room(pipe)), moved;

	pipe->writing = true;
	waitq_unlock(&pipe->queue, *state);
	moved = copy_in(pipe, io, want);
	*state = waitq_lock(&pipe->queue);
	pipe->writing = false;
	pipe->head += moved;
	if (UNLIKELY(pipe->waiting[1]))
		wake(pipe, WRITERS, 1);
	if (moved && pipe->waiting[0])
		wake(pipe, READERS, 1);
	if (moved)
		poll_notify(&pipe->source, POLL_READABLE);
	return moved == want ? 0 : io->fault ? -EFAULT : -ENOMEM;
}

long pipe_write(struct file *file, struct io *io, int64_t offset)
{
	struct pipe *pipe = file->data;
	struct irq_state state;
	uint32_t least = io->left <= PIPE_ATOMIC_BYTES ? (uint32_t)io->left : 1;
	int error = 0;

	(void)offset;
	if (!io->left)
		return 0;
	state = waitq_lock(&pipe->queue);
	while (io->left && !error) {
		error = wait_to_write(pipe, &state, file, least);
		if (!error)
			error = write_some(pipe, &state, io);
		else
			wake(pipe, WRITERS, 1);
		least = 1;
	}
	waitq_unlock(&pipe->queue, state);
	if (error == -EPIPE && pipe_signal)
		pipe_signal();
	return io->done ? (long)io->done : error;
}

uint32_t pipe_poll(struct file *file, struct poll_watch *watch)
{
	struct pipe *pipe = file->data;
	struct irq_state state;
	uint32_t ready = 0;

	poll_watch_add(&pipe->source, watch);
	state = waitq_lock(&pipe->queue);
	if (file->rights & FILE_READ) {
		if (pipe_count(pipe))
			ready |= POLL_READABLE;
		if (!pipe->writers)
			ready |= POLLHUP;
	}
	if (file->rights & FILE_WRITE) {
		if (pipe_room(pipe) >= PIPE_ATOMIC_BYTES)
			ready |= POLL_WRITABLE;
		if (!pipe->readers)
			ready |= POLLERR;
	}
	waitq_unlock(&pipe->queue, state);
	return ready;
}

long pipe_ioctl(struct file *file, unsigned request, void *user)
{
	const struct pipe *pipe = file->data;
	int count = (int)(READ_ONCE(pipe->head) - READ_ONCE(pipe->tail));

	return request == FIONREAD ? user_copy_out(user, &count, sizeof(count)) : -ENOTTY;
}

void pipe_free(struct pipe *pipe)
{
	for (uint32_t i = 0; i < PIPE_SLOTS(pipe->size); i++)
		if (pipe->pages[i])
			frame_free(linear_physical(pipe->pages[i]));
	if (pipe->kept)
		frame_free(linear_physical(pipe->kept));
	if (pipe->pages != pipe->first_pages)
		heap_free(pipe->pages);
	heap_free(pipe);
}

bool pipe_leave(struct pipe *pipe, unsigned rights)
{
	struct irq_state state = waitq_lock(&pipe->queue);
	bool last;

	if (rights & FILE_READ)
		pipe->readers--;
	if (rights & FILE_WRITE)
		pipe->writers--;
	if (!pipe->readers)
		wake(pipe, WRITERS, SIZE_MAX);
	if (!pipe->writers)
		wake(pipe, READERS, SIZE_MAX);
	if (!pipe->readers || !pipe->writers)
		poll_notify(&pipe->source, POLLHUP | POLLERR | POLL_READABLE | POLL_WRITABLE);
	last = !pipe->readers && !pipe->writers;
	waitq_unlock(&pipe->queue, state);
	return last;
}

static void pipe_release(struct file *file)
{
	if (pipe_leave(file->data, file->rights))
		pipe_free(file->data);
}

static const struct file_ops pipe_ops = {
	.mode = S_IFIFO | 0600,
	.read = pipe_read,
	.write = pipe_write,
	.read_short = pipe_read_short,
	.write_short = pipe_write_short,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.control = pipe_control,
	.release = pipe_release,
};

void pipe_init(struct pipe *pipe)
{
	waitq_init(&pipe->queue);
	poll_source_init(&pipe->source);
	pipe->pages = pipe->first_pages;
	pipe->size = PIPE_FIRST_PAGES * PAGE_SIZE;
}

int pipe_create(struct file *ends[2], unsigned flags)
{
	struct pipe *pipe = heap_alloc_zeroed(sizeof(*pipe));

	if (!pipe)
		return -ENOMEM;
	pipe_init(pipe);
	ends[0] = file_create(&pipe_ops, NULL, flags | O_RDONLY);
	ends[1] = file_create(&pipe_ops, NULL, flags | O_WRONLY);
	if (ends[0] && ends[1]) {
		ends[0]->data = ends[1]->data = pipe;
		pipe->readers = pipe->writers = 1;
		return 0;
	}
	heap_free(ends[0]);
	heap_free(ends[1]);
	pipe_free(pipe);
	return -ENOMEM;
}
