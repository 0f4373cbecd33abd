/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes, few bytes within one page: the lock is taken once, and nobody takes the turn. The bytes
 * are copied with the lock held, as a futex's word is read: nothing is filled. Whatever is not as
 * simple as that is left to pipe.c with nothing changed.
 *
 * Compiled for speed and without canaries: there is no array here.
 */
#include <fcntl.h>

#include <arch/layout.h>
#include <arch/user.h>
#include <base/bits.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <mem/user.h>

#include "pipe.h"

/* All of FILE_SHORT bytes are checked: who has fewer at the very end goes the other way. */
static ALWAYS_INLINE bool is_application(const void *user)
{
	return (uintptr_t)user - PAGE_SIZE <= ARCH_APP_END - PAGE_SIZE - FILE_SHORT;
}

/* Lock held. True: all of it was there. */
static ALWAYS_INLINE bool copy_now(void *to, const void *from, size_t size)
{
	size_t missing;

	user_fill_off();
	missing = arch_user_copy(to, from, size);
	user_fill_on();
	return !missing;
}

static ALWAYS_INLINE struct irq_state lock_here(struct pipe *pipe)
{
	struct irq_state state = arch_irq_save();

	spinlock_acquire_here(&pipe->queue.lock);
	return state;
}

static ALWAYS_INLINE void unlock_here(struct pipe *pipe, struct irq_state state)
{
	spinlock_release(&pipe->queue.lock);
	arch_irq_restore(state);
}

/* Lock held. Something to read and the turn is free; false: it takes more than to wait. */
static ALWAYS_INLINE bool await_bytes(struct pipe *pipe, const struct file *file,
				      struct irq_state *state)
{
	int error;

	for (;;) {
		if (UNLIKELY(pipe->reading))
			return false;
		if (LIKELY(pipe_count(pipe)))
			return true;
		if (UNLIKELY(!pipe->writers || file->flags & O_NONBLOCK))
			return false;
		pipe->waiting[0]++;
		error = waitq_sleep(&pipe->queue, state, READERS, DEADLINE_NEVER);
		pipe->waiting[0]--;
		if (UNLIKELY(error)) /* and the next wait ends with it again */
			return false;
	}
}

long pipe_read_short(struct file *file, void *user, size_t size)
{
	struct pipe *pipe = file->data;
	struct irq_state state = lock_here(pipe);
	long result = FILE_OTHER_WAY;
	uint32_t at, n;

	if (UNLIKELY(!await_bytes(pipe, file, &state)))
		goto out;
	at = pipe->tail % PAGE_SIZE;
	n = MIN((uint32_t)size, pipe_count(pipe));
	/* With its last byte a page is given back. */
	if (UNLIKELY(at + n >= PAGE_SIZE || !is_application(user)))
		goto out;
	if (UNLIKELY(!copy_now(user, *pipe_page(pipe, pipe->tail) + at, n)))
		goto out;
	pipe->tail += n;
	result = n;
	if (UNLIKELY(pipe->waiting[0]) && pipe_count(pipe))
		waitq_wake(&pipe->queue, READERS, 1);
	if (UNLIKELY(pipe->waiting[1]))
		waitq_wake(&pipe->queue, WRITERS, 1);
	if (UNLIKELY(poll_is_watched(&pipe->source)) && pipe_room(pipe) >= PIPE_ATOMIC_BYTES)
		poll_notify_watches(&pipe->source, POLL_WRITABLE);
out:
	unlock_here(pipe, state);
	return result;
}

/*
 * A reader that waited can go on; interrupts are off, and on afterwards. Who waits for an answer
 * next does best to give it the CPU. Who only writes does so once, and not again until it was away:
 * its reader is to find many pieces. What says so is a hint.
 */
static ALWAYS_INLINE void go_on(struct pipe *pipe, struct waiter *reader)
{
	struct thread *thread = CONTAINER_OF(reader, struct thread, waiter);

	if (READ_ONCE(pipe->handed) == thread_current()->run_started) {
		sched_wake_masked(thread);
		arch_irq_enable();
	} else {
		sched_hand_over(thread);
		WRITE_ONCE(pipe->handed, thread_current()->run_started);
	}
}

long pipe_write_short(struct file *file, const void *user, size_t size)
{
	struct pipe *pipe = file->data;
	struct irq_state state = lock_here(pipe);
	uint32_t at = pipe->head % PAGE_SIZE, n = (uint32_t)size;
	uint8_t *page = *pipe_page(pipe, pipe->head);
	long result = FILE_OTHER_WAY;
	struct waiter *reader;

	if (UNLIKELY(!page || !pipe->readers || pipe->writing || pipe_room(pipe) < n ||
		     at + n > PAGE_SIZE || !is_application(user)))
		goto out;
	if (UNLIKELY(!copy_now(page + at, user, n)))
		goto out;
	pipe->head += n;
	result = n;
	poll_notify(&pipe->source, POLL_READABLE);
	if (!pipe->waiting[0])
		goto out;
	reader = waitq_take_one(&pipe->queue, READERS);
	if (UNLIKELY(!reader))
		goto out;
	spinlock_release(&pipe->queue.lock);
	go_on(pipe, reader);
	return result;
out:
	unlock_here(pipe, state);
	return result;
}
