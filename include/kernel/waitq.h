/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one blocking primitive: threads wait in FIFO order of equal priority, optionally until a
 * deadline.
 *
 *	struct irq_state state = waitq_lock(&q);
 *	while (!condition && error == 0)
 *		error = waitq_sleep(&q, &state, key, deadline_ns);
 *	waitq_unlock(&q, state);
 *
 * The condition is guarded by the queue's lock. waitq_sleep() gives the lock up while it sleeps and
 * holds it again when it returns. `key` tells waiters apart where one queue serves several things
 * (futex); else 0.
 *
 * An error is not final: a caller may be interrupted for nothing, and either looks again or hands
 * -EINTR on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <base/list.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>

#define DEADLINE_NEVER UINT64_MAX /* ns of clock_monotonic_ns() */

struct thread;

struct waitq {
	struct spinlock lock;
	struct list waiters; /* struct waiter, by priority, then arrival */
};

/* How a thread waits: a member of struct thread, since it waits on one queue at a time. */
struct waiter {
	struct list node;
	struct waitq
		*queue; /* NULL: not waiting. Changes under the locks of the queues concerned */
	uintptr_t key;
	struct timer timer;
	int32_t result;
	uint32_t visitors; /* who looks at `queue` from outside: it may not go away; atomic */
	bool interruptible;
};

void waitq_init(struct waitq *queue);
#define WAITQ_INIT(name)                                                                           \
	{                                                                                          \
		SPINLOCK_INIT,                                                                     \
		{                                                                                  \
			&(name).waiters, &(name).waiters                                           \
		}                                                                                  \
	}

static ALWAYS_INLINE struct irq_state waitq_lock(struct waitq *queue)
{
	return spinlock_lock(&queue->lock);
}

static inline void waitq_unlock(struct waitq *queue, struct irq_state state)
{
	spinlock_unlock(&queue->lock, state);
}

/*
 * 0 when woken, -ETIMEDOUT at the deadline, -EINTR when thread_interrupt() asked for something that
 * ends waiting, before or meanwhile. Thread context, lock held.
 */
int waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns);

/* The same, not interrupted: for locks of the kernel and waits that are short for sure. */
int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns);

/*
 * As waitq_sleep() for callers that need not look again: the lock is not held afterwards, and
 * interrupts are on.
 */
long waitq_await(struct waitq *queue, uintptr_t key, uint64_t deadline_ns);

/* The first waiter, or NULL. Lock held. */
static inline struct waiter *waitq_first(const struct waitq *queue)
{
	return list_empty(&queue->waiters) ? NULL
					   : LIST_ENTRY(queue->waiters.next, struct waiter, node);
}

/* The thread's level changed: if it waits, it does so in its new place. Any context. */
void waitq_reorder(struct thread *thread);

/* End an interruptible wait of the thread with -EINTR; see thread_interrupt(). Any context. */
void waitq_interrupt(struct thread *thread);

/*
 * Wake up to `count` waiters whose key is `key`; returns how many. Lock held; any context. The
 * woken run once the caller gives up the lock.
 */
size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count);

/* The first waiter with `key`; NULL: there is none. Lock held. */
struct thread *waitq_find(const struct waitq *queue, uintptr_t key);

/*
 * Take the first waiter off the queue as waitq_wake() does, but leave it to the caller to
 * sched_wake() it. `*more`: others wait still. NULL, and *more as it was: nobody waits. Lock held.
 */
struct thread *waitq_take(struct waitq *queue, uintptr_t key, bool *more);

/* The same, written out, where it does not matter whether others wait. */
static ALWAYS_INLINE struct waiter *waitq_take_one(struct waitq *queue, uintptr_t key)
{
	LIST_FOR_EACH (struct waiter, waiter, &queue->waiters, node) {
		struct list *next = waiter->node.next, *prev = waiter->node.prev;

		if (UNLIKELY(waiter->key != key))
			continue;
		next->prev = prev;
		prev->next = next;
		waiter->result = 0;
		__atomic_store_n(&waiter->queue, NULL, __ATOMIC_RELEASE);
		return waiter;
	}
	return NULL;
}

/*
 * Move up to `count` waiters with `key` to another queue under `new_key`; both locks held (the same
 * queue is allowed). Returns how many.
 */
size_t waitq_move(struct waitq *from, uintptr_t key, struct waitq *to, uintptr_t new_key,
		  size_t count);
