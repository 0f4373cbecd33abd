/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping lock for the kernel's own use. Thread context. Not recursive. */
#pragma once

#include <kernel/waitq.h>

struct thread;

struct mutex {
	struct waitq queue;
	struct thread *owner; /* guarded by queue.lock */
};

void mutex_init(struct mutex *mutex);
#define MUTEX_INIT(name)                                                                           \
	{                                                                                          \
		WAITQ_INIT((name).queue), NULL                                                     \
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
