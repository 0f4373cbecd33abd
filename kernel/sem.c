/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting semaphore. A release is handed to the first waiter: it owns what it waited for when it
 * goes on, and nobody can come first. So while somebody waits, the count is not above 0.
 */
#include <kernel/lock_check.h>
#include <kernel/sem.h>

void sem_setup(struct sem *sem, long count)
{
	waitq_init(&sem->queue);
	LOCK_CLASS_OF_CALLER(&sem->queue.lock);
	sem->count = count;
}

int sem_acquire(struct sem *sem, uint64_t deadline_ns)
{
	struct irq_state state = waitq_lock(&sem->queue);

	if (sem->count <= 0)
		return (int)waitq_await(&sem->queue, 0, deadline_ns);
	sem->count--;
	waitq_unlock(&sem->queue, state);
	return 0;
}

void sem_release(struct sem *sem)
{
	struct irq_state state = waitq_lock(&sem->queue);

	if (sem->count < 0 || !waitq_wake(&sem->queue, 0, 1))
		sem->count++;
	waitq_unlock(&sem->queue, state);
}
