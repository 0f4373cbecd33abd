/* SPDX-License-Identifier: BSD-2-Clause */
/* The capacity of a pipe. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <fs/pipe.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "pipe.h"

/* Lock held, and nobody has a turn: the same pages in another array. The old array to free. */
static uint8_t **change_array(struct pipe *pipe, uint8_t **pages, uint32_t size)
{
	uint32_t first = pipe->tail / PAGE_SIZE, old_count = PIPE_SLOTS(pipe->size);
	uint32_t count = (pipe->tail % PAGE_SIZE + pipe_count(pipe) + PAGE_SIZE - 1) / PAGE_SIZE;
	uint8_t **old = pipe->pages;

	for (uint32_t i = 0; i < old_count; i++) {
		uint8_t *page = old[(first + i) % old_count];

		if (i < count)
			pages[i] = page;
		else if (page) /* where the next byte would have gone */
			frame_free(linear_physical(page));
	}
	pipe->head -= first * (uint32_t)PAGE_SIZE;
	pipe->tail -= first * (uint32_t)PAGE_SIZE;
	pipe->pages = pages;
	pipe->size = size;
	return old;
}

static long resize(struct pipe *pipe, unsigned long bytes)
{
	struct irq_state state;
	uint32_t size;
	uint8_t **pages;
	long error = 0;

	if (bytes > PIPE_MOST_PAGES * PAGE_SIZE)
		return bytes > INT32_MAX ? -EINVAL : -EPERM;
	size = 1u << bit_log2_up(MAX(bytes, PAGE_SIZE));
	pages = heap_alloc_zeroed(PIPE_SLOTS(size) * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	state = waitq_lock(&pipe->queue);
	while ((pipe->reading || pipe->writing) && !error)
		error = waitq_sleep(&pipe->queue, &state, READERS, DEADLINE_NEVER);
	if (!error && pipe_count(pipe) > size)
		error = -EBUSY;
	if (!error) {
		pages = change_array(pipe, pages, size);
		waitq_wake(&pipe->queue, WRITERS, SIZE_MAX);
		poll_notify(&pipe->source, POLL_WRITABLE);
	}
	waitq_wake(&pipe->queue, READERS, 1);
	waitq_unlock(&pipe->queue, state);
	if (pages != pipe->first_pages)
		heap_free(pages);
	return error ? error : (long)size;
}

long pipe_control(struct file *file, int command, unsigned long arg)
{
	struct pipe *pipe = file->data;

	switch (command) {
	case F_GETPIPE_SZ:
		return READ_ONCE(pipe->size);
	case F_SETPIPE_SZ:
		return resize(pipe, arg);
	default:
		return -EINVAL;
	}
}
