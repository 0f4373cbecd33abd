/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priorities that are lent: a thread that waits for a lock lends its level to the lock's holder,
 * which lends it on if it waits itself; and ceilings, which a thread has while it holds certain
 * mutexes. A thread's effective level is the highest of its base level, its ceiling and what it is
 * lent.
 *
 * Linked with programs that have threads: others reach it through inherit_hook.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <kernel/spinlock.h>

struct thread;
struct waitq;

/*
 * Guards who holds what and who waits for whom. A lock with waiters changes its holder under it
 * only. Comes after the thread table's lock and before those of wait queues and run queues.
 */
extern struct spinlock inherit_lock;

struct inherit_hook {
	/*
	 * The caller begins to wait for `lock`, an address of the waiter's choice, which `holder`
	 * holds. False: that would be for ever, since the holder waits for the caller. inherit_lock
	 * held, as for the next; no wait queue's lock.
	 */
	bool (*wait)(struct thread *holder, uintptr_t lock);
	/*
	 * Who waited for `lock` at `from` waits for `to` now; `to` itself (or all: NULL) no more.
	 */
	void (*pass)(struct thread *from, uintptr_t lock, struct thread *to);
	/*
	 * The caller got a lock that nobody held, and for which the threads of the queue wait.
	 * inherit_lock and the queue's held; gives up the latter.
	 */
	void (*adopt)(struct waitq *queue, uintptr_t lock);
	/*
	 * The thread's wait ended without the lock; it does not go on before this returns. No wait
	 * queue's lock held.
	 */
	void (*gave_up)(struct thread *thread);
	/* The base level changed. The thread table is locked. */
	void (*base_changed)(struct thread *thread);
};

/* NULL: nobody lends. Set once, by a program without threads that gets one. */
extern const struct inherit_hook *inherit_hook;
void inherit_enable(void);

/* The same functions, for those who are not linked without them. */
bool inherit_wait(struct thread *holder, uintptr_t lock);
void inherit_pass(struct thread *from, uintptr_t lock, struct thread *to);

/* The caller waits no more, not having got the lock. inherit_lock held. */
void inherit_wait_end(void);

/* The caller's ceiling; 0: none. Thread. */
void inherit_set_ceiling(unsigned level);
