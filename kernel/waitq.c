/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues. Who wakes takes the thread's waiter off the queue under the queue's lock; the
 * deadline's timer and interrupters do the same, so exactly one of them decides the result.
 *
 * Lock order: timer queue, thread table, wait queue, run queue.
 */
#include <errno.h>

#include <kernel/cpu.h>
#include <kernel/inherit.h>
#include <kernel/lock_check.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <kernel/waitq.h>

static struct thread *thread_of(struct waiter *waiter)
{
	return CONTAINER_OF(waiter, struct thread, waiter);
}

void waitq_init(struct waitq *queue)
{
	queue->lock = (struct spinlock)SPINLOCK_INIT;
	LOCK_CLASS_OF_CALLER(&queue->lock);
	list_init(&queue->waiters);
}

/* From the end: among many equals it is short. */
static ALWAYS_INLINE struct list *place_of(const struct list *head, struct list *before,
					   struct waiter *waiter)
{
	unsigned priority = READ_ONCE(thread_of(waiter)->priority);

	while (before != head &&
	       thread_of(LIST_ENTRY(before, struct waiter, node))->priority < priority)
		before = before->prev;
	return before;
}

static ALWAYS_INLINE void enqueue(struct waitq *queue, struct waiter *waiter)
{
	struct list *before = queue->waiters.prev;

	if (UNLIKELY(before != &queue->waiters))
		before = place_of(&queue->waiters, before, waiter);
	waiter->node.prev = before;
	waiter->node.next = before->next;
	before->next->prev = &waiter->node;
	before->next = &waiter->node;
}

static void finish(struct waiter *waiter, int result)
{
	list_remove(&waiter->node);
	waiter->result = result;
	__atomic_store_n(&waiter->queue, NULL, __ATOMIC_RELEASE);
	sched_wake_masked(thread_of(waiter));
}

/*
 * Lock the queue a waiter is on; NULL: on none. It may be moved to another one until we hold the
 * lock. Interrupts off; who calls sees to it that the queue does not go away meanwhile.
 */
static struct waitq *lock_queue_of(struct waiter *waiter)
{
	struct waitq *queue;

	while ((queue = __atomic_load_n(&waiter->queue, __ATOMIC_ACQUIRE))) {
		spinlock_acquire(&queue->lock);
		if (waiter->queue == queue)
			return queue;
		spinlock_release(&queue->lock);
	}
	return NULL;
}

static void lend_no_more(struct waiter *waiter)
{
	if (inherit_hook && READ_ONCE(thread_of(waiter)->holder))
		inherit_hook->gave_up(thread_of(waiter));
}

/* Timer interrupt. The sleeper does not leave before timer_cancel() knows that we are done. */
static void expire(struct timer *timer)
{
	struct waiter *waiter = CONTAINER_OF(timer, struct waiter, timer);
	struct waitq *queue = lock_queue_of(waiter);

	if (queue) {
		finish(waiter, -ETIMEDOUT);
		spinlock_release(&queue->lock);
		lend_no_more(waiter);
	}
}

/*
 * A look at a waiter from outside. The queue may be part of something that the sleeper gives back
 * as soon as it goes on: it waits until there are no visitors. The fence is the other half of the
 * one in sleep(): what was written before the visit is seen by a sleeper that is not seen here.
 */
static struct waitq *visit_begin(struct waiter *waiter)
{
	__atomic_fetch_add(&waiter->visitors, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return lock_queue_of(waiter);
}

static void visit_end(struct waiter *waiter, struct waitq *queue)
{
	if (queue)
		spinlock_release(&queue->lock);
	__atomic_fetch_sub(&waiter->visitors, 1, __ATOMIC_RELEASE);
}

/*
 * Whoever took the waiter off its queue, a visitor may still stand before that queue's lock. Ours
 * was off it before we look, so that there is nobody who comes later and finds it there.
 */
static ALWAYS_INLINE void visitors_leave(struct waiter *waiter)
{
	while (UNLIKELY(__atomic_load_n(&waiter->visitors, __ATOMIC_ACQUIRE)))
		arch_cpu_relax();
}

void waitq_interrupt(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct waiter *waiter = &thread->waiter;
	struct waitq *queue = visit_begin(waiter);
	bool ended = queue && waiter->interruptible;

	if (ended)
		finish(waiter, -EINTR);
	if (queue)
		spinlock_release(&queue->lock);
	if (ended)
		lend_no_more(waiter);
	visit_end(waiter, NULL);
	arch_irq_restore(state);
}

void waitq_reorder(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct waiter *waiter = &thread->waiter;
	struct waitq *queue = visit_begin(waiter);

	if (queue) {
		list_remove(&waiter->node);
		enqueue(queue, waiter);
	}
	visit_end(waiter, queue);
	arch_irq_restore(state);
}

NOINLINE static void switch_until(uint64_t deadline_ns)
{
	struct timer *timer = &thread_current()->waiter.timer;

	timer->fire = expire;
	timer_arm(timer, deadline_ns);
	sched_switch();
	timer_cancel(&thread_current()->waiter.timer);
}

/*
 * The fence: either we see what is pending and our level, or who writes them sees that we wait here
 * and does what follows. Nothing is kept across the switch, which would have to be saved twice.
 */
static ALWAYS_INLINE int await(struct waitq *queue, uintptr_t key, uint64_t deadline_ns,
			       bool interruptible)
{
	struct thread *self = thread_current();
	struct waiter *waiter = &self->waiter;

	waiter->key = key;
	waiter->interruptible = interruptible;
	WRITE_ONCE(waiter->queue, queue);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (UNLIKELY(READ_ONCE(self->pending) & PENDING_INTERRUPT_MASK) && interruptible) {
		waiter->queue = NULL;
		spinlock_release(&queue->lock);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		visitors_leave(waiter);
		return -EINTR;
	}
	enqueue(queue, waiter);
	self->state = THREAD_BLOCKED;
	spinlock_release(&queue->lock);
	if (UNLIKELY(deadline_ns != DEADLINE_NEVER))
		switch_until(deadline_ns);
	else
		sched_switch();
	waiter = &thread_current()->waiter;
	visitors_leave(waiter);
	return waiter->result;
}

long waitq_await(struct waitq *queue, uintptr_t key, uint64_t deadline_ns)
{
	int result;

	lock_check_sleep(&queue->lock, LOCK_PLACE);
	result = await(queue, key, deadline_ns, true);
	arch_irq_enable();
	return result;
}

NOINLINE static int sleep(struct waitq *queue, uintptr_t key, uint64_t deadline_ns,
			  bool interruptible)
{
	int result = await(queue, key, deadline_ns, interruptible);

	spinlock_acquire(&queue->lock);
	return result;
}

int waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns)
{
	lock_check_sleep(&queue->lock, LOCK_PLACE);
	(void)state;
	return sleep(queue, key, deadline_ns, true);
}

int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns)
{
	lock_check_sleep(&queue->lock, LOCK_PLACE);
	(void)state;
	return sleep(queue, key, deadline_ns, false);
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

struct thread *waitq_find(const struct waitq *queue, uintptr_t key)
{
	LIST_FOR_EACH (struct waiter, waiter, &queue->waiters, node)
		if (waiter->key == key)
			return thread_of(waiter);
	return NULL;
}

struct thread *waitq_take(struct waitq *queue, uintptr_t key, bool *more)
{
	struct thread *thread = waitq_find(queue, key);

	if (!thread)
		return NULL;
	list_remove(&thread->waiter.node);
	thread->waiter.result = 0;
	__atomic_store_n(&thread->waiter.queue, NULL, __ATOMIC_RELEASE);
	*more = waitq_find(queue, key);
	return thread;
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
