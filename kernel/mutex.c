/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping lock: the most urgent waiter, then the longest waiting, is woken to try again. */
#include <kernel/lock_check.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/thread.h>

void mutex_init(struct mutex *mutex)
{
	waitq_init(&mutex->queue);
	LOCK_CLASS_OF_CALLER(&mutex->queue.lock);
	mutex->owner = NULL;
}

void mutex_lock(struct mutex *mutex)
{
	struct thread *self = thread_current();
	struct irq_state state;

	lock_check_mutex(mutex, LOCK_PLACE);
	state = waitq_lock(&mutex->queue);
	ASSERT(mutex->owner != self);
	while (mutex->owner)
		waitq_sleep_through(&mutex->queue, &state, 0, DEADLINE_NEVER);
	mutex->owner = self;
	waitq_unlock(&mutex->queue, state);
}

void mutex_unlock(struct mutex *mutex)
{
	struct irq_state state = waitq_lock(&mutex->queue);

	ASSERT(mutex->owner == thread_current());
	lock_check_mutex_drop(mutex);
	mutex->owner = NULL;
	waitq_wake(&mutex->queue, 0, 1);
	waitq_unlock(&mutex->queue, state);
}
