/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Levels lent along chains of waiting threads. Nothing is allocated and nothing recursive: a thread
 * waits for one holder, and the holder has a list of who waits for it, whatever the lock.
 */
#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/inherit.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

#define CHAIN_MAX 1024 /* threads that a change goes through; who would wait behind more may not */

static unsigned effective(const struct thread *thread)
{
	return MAX(READ_ONCE(thread->base_priority), READ_ONCE(thread->lent));
}

/* True if the effective level changed. The base level may change meanwhile: then look again. */
static bool apply(struct thread *thread)
{
	unsigned lent = thread->ceiling, before = READ_ONCE(thread->priority), level;

	for (const struct thread *donor = thread->donors; donor; donor = donor->next_donor)
		lent = MAX(lent, (unsigned)READ_ONCE(donor->priority));
	__atomic_store_n(&thread->lent, (uint8_t)lent, __ATOMIC_SEQ_CST);
	do {
		level = effective(thread);
		sched_set_effective(thread, level);
	} while (level != effective(thread));
	return level != before;
}

/* The thread's donors or ceiling changed: so may its level, and what it lends. */
static void settle(struct thread *thread)
{
	for (unsigned n = 0; thread && n < CHAIN_MAX && apply(thread); n++)
		thread = thread->holder;
}

static void add_donor(struct thread *holder, struct thread *donor)
{
	donor->holder = holder;
	donor->next_donor = holder->donors;
	holder->donors = donor;
}

bool inherit_wait(struct thread *holder, uintptr_t lock)
{
	struct thread *self = thread_current(), *thread = holder;

	for (unsigned n = 0; thread; thread = thread->holder)
		if (thread == self || n++ == CHAIN_MAX)
			return false;
	self->waits_for = lock;
	add_donor(holder, self);
	settle(holder);
	return true;
}

static void wait_end(struct thread *thread)
{
	struct thread *holder = thread->holder, **link;

	if (!holder)
		return;
	for (link = &holder->donors; *link != thread; link = &(*link)->next_donor)
		;
	*link = thread->next_donor;
	thread->holder = NULL;
	settle(holder);
}

void inherit_wait_end(void)
{
	wait_end(thread_current());
}

/*
 * At once, not when it runs again: its holder, which has its level until then, might keep it from
 * that.
 */
static void gave_up(struct thread *thread)
{
	struct irq_state state = spinlock_lock(&inherit_lock);

	wait_end(thread);
	spinlock_unlock(&inherit_lock, state);
}

void inherit_pass(struct thread *from, uintptr_t lock, struct thread *to)
{
	struct thread **link = &from->donors, *donor;

	while ((donor = *link)) {
		if (donor->waits_for != lock) {
			link = &donor->next_donor;
			continue;
		}
		*link = donor->next_donor;
		donor->holder = NULL;
		if (to && donor != to)
			add_donor(to, donor);
	}
	settle(from);
	settle(to);
}

/* No queue's lock may be held when levels change. */
static void adopt(struct waitq *queue, uintptr_t lock)
{
	struct thread *self = thread_current();

	LIST_FOR_EACH (struct waiter, waiter, &queue->waiters, node) {
		struct thread *donor = CONTAINER_OF(waiter, struct thread, waiter);

		if (donor->waits_for == lock && !donor->holder)
			add_donor(self, donor);
	}
	spinlock_release(&queue->lock);
	settle(self);
}

void inherit_set_ceiling(unsigned level)
{
	struct thread *self = thread_current();
	struct irq_state state = spinlock_lock(&inherit_lock);

	self->ceiling = (uint8_t)level;
	settle(self);
	spinlock_unlock(&inherit_lock, state);
}

static void base_changed(struct thread *thread)
{
	struct irq_state state = spinlock_lock(&inherit_lock);

	settle(thread->holder);
	spinlock_unlock(&inherit_lock, state);
}

void inherit_enable(void)
{
	static const struct inherit_hook hook = {inherit_wait, inherit_pass, adopt, gave_up,
						 base_changed};

	if (READ_ONCE(inherit_hook))
		return;
	sched_effective_hook = effective;
	__atomic_store_n(&inherit_hook, &hook, __ATOMIC_RELEASE);
}
