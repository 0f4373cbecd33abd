/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleeping lock for the kernel's own use. Thread context. Not recursive. Who waits lends its
 * priority to the holder (kernel/inherit.h). Who unlocks hands the mutex to the first waiter if
 * that is more urgent; a waiter that is not is woken to take it, and should another thread be
 * faster, the mutex is handed over the next time: nobody starves.
 */
#pragma once

#include <kernel/waitq.h>

struct thread;

struct mutex {
	struct waitq queue;
	/*
	 * struct thread *, 0: free, and flags. Bit 0: there are waiters, or will be in a moment;
	 * then it changes under queue.lock, and where levels are lent under inherit_lock besides.
	 */
	uintptr_t owner;
};

void mutex_init(struct mutex *mutex);
#define MUTEX_INIT(name)                                                                           \
	{                                                                                          \
		WAITQ_INIT((name).queue), 0                                                        \
	}
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* GUARD(mutex, &m) holds it until the end of the scope (base/guard.h). */
struct mutex_guard {
	struct mutex *mutex;
};

static ALWAYS_INLINE struct mutex_guard mutex_guard_begin(struct mutex *mutex)
{
	mutex_lock(mutex);
	return (struct mutex_guard){mutex};
}

static inline void mutex_guard_end(struct mutex_guard *guard)
{
	mutex_unlock(guard->mutex);
}
