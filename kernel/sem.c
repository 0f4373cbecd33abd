/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting semaphore. */
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
	int error = 0;

	while (sem->count <= 0 && !error)
		error = waitq_sleep(&sem->queue, &state, 0, deadline_ns);
	if (sem->count > 0) {
		sem->count--;
		error = 0;
	}
	waitq_unlock(&sem->queue, state);
	return error;
}

void sem_release(struct sem *sem)
{
	struct irq_state state = waitq_lock(&sem->queue);

	if (++sem->count > 0)
		waitq_wake(&sem->queue, 0, 1);
	waitq_unlock(&sem->queue, state);
}
