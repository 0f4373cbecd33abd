/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues. A waiter lies on the sleeping thread's kernel stack. Who wakes takes it off the
 * queue under the queue's lock; the deadline's timer does the same, so exactly one of them decides
 * the result.
 *
 * Lock order: timer queue, wait queue, run queue.
 */
#include <errno.h>

#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <kernel/waitq.h>

struct waiter {
	struct list node;
	struct thread *thread;
	struct waitq
		*queue; /* NULL once woken; changes (waitq_move) under the locks of both queues */
	uintptr_t key;
	int result;
	struct timer timer;
};

void waitq_init(struct waitq *queue)
{
	queue->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&queue->waiters);
}

static void enqueue(struct waitq *queue, struct waiter *waiter)
{
	LIST_FOR_EACH (struct waiter, other, &queue->waiters, node) {
		if (other->thread->priority < waiter->thread->priority) {
			list_insert_before(&other->node, &waiter->node);
			return;
		}
	}
	list_push_back(&queue->waiters, &waiter->node);
}

static void finish(struct waiter *waiter, int result)
{
	list_remove(&waiter->node);
	waiter->result = result;
	__atomic_store_n(&waiter->queue, NULL, __ATOMIC_RELEASE);
	sched_wake(waiter->thread);
}

/*
 * Timer interrupt. The waiter may be moved to another queue until we hold the lock of the one it is
 * on.
 */
static void expire(struct timer *timer)
{
	struct waiter *waiter = CONTAINER_OF(timer, struct waiter, timer);
	struct waitq *queue;

	while ((queue = __atomic_load_n(&waiter->queue, __ATOMIC_ACQUIRE))) {
		bool same;

		spinlock_acquire(&queue->lock);
		same = waiter->queue == queue;
		if (same)
			finish(waiter, -ETIMEDOUT);
		spinlock_release(&queue->lock);
		if (same)
			return;
	}
}

int waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns)
{
	struct thread *self = thread_current();
	struct waiter waiter = {.thread = self, .queue = queue, .key = key};

	ASSERT(self != self->cpu->idle); /* there would be nobody to run, and at boot it is idle */
	list_init(&waiter.node);
	enqueue(queue, &waiter);
	self->state = THREAD_BLOCKED;
	spinlock_release(&queue->lock);
	if (deadline_ns != DEADLINE_NEVER) {
		waiter.timer.fire = expire;
		waiter.timer.cpu = NULL;
		timer_arm(&waiter.timer, deadline_ns);
	}
	sched_switch();
	if (deadline_ns != DEADLINE_NEVER)
		timer_cancel(&waiter.timer);
	arch_irq_restore(*state);
	*state = spinlock_lock(&queue->lock);
	return waiter.result;
}

size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	size_t woken = 0;

	LIST_FOR_EACH_SAFE (struct waiter, waiter, &queue->waiters, node) {
		if (woken == count)
			break;
		if (waiter->key == key) {
			finish(waiter, 0);
			woken++;
		}
	}
	return woken;
}

size_t waitq_move(struct waitq *from, uintptr_t key, struct waitq *to, uintptr_t new_key,
		  size_t count)
{
	size_t moved = 0;

	LIST_FOR_EACH_SAFE (struct waiter, waiter, &from->waiters, node) {
		if (moved == count)
			break;
		if (waiter->key != key)
			continue;
		waiter->key = new_key;
		if (from != to) {
			list_remove(&waiter->node);
			__atomic_store_n(&waiter->queue, to, __ATOMIC_RELEASE);
			enqueue(to, waiter);
		}
		moved++;
	}
	return moved;
}
