/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping lock. */
#include <kernel/inherit.h>
#include <kernel/lock_check.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

#define WAITERS	  1UL
#define HAND_OVER 2UL /* the first waiter was too late before */
#define FLAGS	  3UL

void mutex_init(struct mutex *mutex)
{
	waitq_init(&mutex->queue);
	LOCK_CLASS_OF_CALLER(&mutex->queue.lock);
	mutex->owner = 0;
}

static bool replace(struct mutex *mutex, uintptr_t *owner, uintptr_t by)
{
	return __atomic_compare_exchange_n(&mutex->owner, owner, by, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static void begin(struct mutex *mutex, const struct inherit_hook *hook)
{
	if (hook)
		spinlock_acquire(&inherit_lock);
	spinlock_acquire(&mutex->queue.lock);
}

/*
 * Taken for `self`: NULL; or marked, so that the owner cannot let go of it without the locks that
 * we hold: the owner.
 */
static struct thread *take_or_mark(struct mutex *mutex, uintptr_t self, uintptr_t mark)
{
	uintptr_t owner = READ_ONCE(mutex->owner), by;

	do
		by = owner & ~FLAGS ? owner | mark : self | (owner & WAITERS);
	while (!replace(mutex, &owner, by));
	return (struct thread *)(owner & ~FLAGS);
}

/* It was free, and others wait: they lend to the caller now. */
static void taken(struct mutex *mutex, const struct inherit_hook *hook)
{
	if (hook) {
		hook->adopt(&mutex->queue, (uintptr_t)mutex);
		spinlock_release(&inherit_lock);
	} else {
		spinlock_release(&mutex->queue.lock);
	}
}

static NOINLINE void lock_slow(struct mutex *mutex, uintptr_t self)
{
	const struct inherit_hook *hook = READ_ONCE(inherit_hook);
	struct irq_state state = arch_irq_save();
	uintptr_t mark = WAITERS;

	for (;;) {
		struct thread *owner;

		begin(mutex, hook);
		owner = take_or_mark(mutex, self, mark);
		if (!owner)
			break;
		if (hook) {
			bool possible;

			spinlock_release(&mutex->queue.lock);
			possible = hook->wait(owner, (uintptr_t)mutex);
			ASSERT(possible);
			spinlock_acquire(&mutex->queue.lock);
			spinlock_release(&inherit_lock);
		}
		waitq_sleep_through(&mutex->queue, &state, 0, DEADLINE_NEVER);
		spinlock_release(&mutex->queue.lock);
		if ((READ_ONCE(mutex->owner) & ~FLAGS) == self) {
			arch_irq_restore(state);
			return;
		}
		/* Another came first: not again. */
		mark = WAITERS | HAND_OVER;
	}
	taken(mutex, hook);
	arch_irq_restore(state);
}

void mutex_lock(struct mutex *mutex)
{
	uintptr_t self = (uintptr_t)thread_current(), owner = 0;

	lock_check_mutex(mutex, LOCK_PLACE);
	if (!replace(mutex, &owner, self)) {
		ASSERT((owner & ~FLAGS) != self);
		lock_slow(mutex, self);
	}
}

/*
 * The first waiter gets the mutex if it is more urgent than we are, or was too late before; else it
 * is woken to take it if nobody is faster, who need not wait for another CPU then.
 */
static NOINLINE void unlock_slow(struct mutex *mutex)
{
	const struct inherit_hook *hook = READ_ONCE(inherit_hook);
	struct irq_state state = arch_irq_save();
	struct thread *self = thread_current(), *next;
	uintptr_t owner = 0;
	bool more;

	begin(mutex, hook);
	next = waitq_take(&mutex->queue, 0, &more);
	if (mutex->owner & HAND_OVER || next->priority > self->base_priority)
		owner = (uintptr_t)next;
	__atomic_store_n(&mutex->owner, owner | (more ? WAITERS : 0), __ATOMIC_RELEASE);
	spinlock_release(&mutex->queue.lock);
	if (hook) {
		hook->pass(self, (uintptr_t)mutex, owner ? next : NULL);
		spinlock_release(&inherit_lock);
	}
	sched_wake(next);
	arch_irq_restore(state);
}

void mutex_unlock(struct mutex *mutex)
{
	uintptr_t owner = (uintptr_t)thread_current();

	lock_check_mutex_drop(mutex);
	if (!replace(mutex, &owner, 0)) {
		ASSERT((owner & ~FLAGS) == (uintptr_t)thread_current());
		unlock_slow(mutex);
	}
}
