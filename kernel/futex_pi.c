/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes whose word holds the owner's thread id, as Linux has them for mutexes that inherit
 * priority: 0 is free, and a thread that finds it taken marks it (FUTEX_WAITERS), so that the owner
 * comes to the kernel to hand it over. Waiters of a word are in its wait queue under a key of their
 * own, and everything but taking a free word happens under inherit_lock.
 */
#include <errno.h>

#include <arch/user.h>
#include <kernel/futex.h>
#include <kernel/inherit.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <mem/user.h>

#define OWNER	0x3fffffffU
#define DIED	0x40000000U
#define WAITERS 0x80000000U

/* Words are aligned to four, so the key is no plain futex's, and no kernel mutex's address. */
static uintptr_t key_of(const uint32_t *word)
{
	return (uintptr_t)word | 1;
}

struct search {
	int32_t id;
	struct thread *found;
};

static void find(const struct thread *thread, void *arg)
{
	struct search *search = arg;

	if (thread->id != search->id)
		return;
	/* A thread passes its last lock on before it ends: until we let go it will be there. */
	spinlock_acquire(&inherit_lock);
	if (thread->passed_on)
		spinlock_release(&inherit_lock);
	else
		search->found = (struct thread *)(uintptr_t)thread;
}

/* inherit_lock, with the thread of an id, or NULL if there is none any more. Interrupts off. */
static struct thread *lock_with_thread(uint32_t id)
{
	struct search search = {.id = (int32_t)id};

	if (id)
		thread_for_each(find, &search);
	if (!search.found)
		spinlock_acquire(&inherit_lock);
	return search.found;
}

/*
 * Change the word from *value; false: it is another value now, or *error is set. It was there a
 * moment ago; who takes memory away that others lock in gets -EFAULT.
 */
static bool change(uint32_t *word, uint32_t *value, uint32_t to, int *error)
{
	uint32_t seen = *value;

	user_fill_off();
	*error = arch_user_cmpxchg32(word, &seen, to);
	user_fill_on();
	if (*error || seen == *value)
		return !*error;
	*value = seen;
	return false;
}

/*
 * The word says that nobody has it, or one who is no more: take it. Threads may be waiting, for the
 * one who let it go by its end and is about to pass it on.
 */
static int take(uint32_t *word, uint32_t value, bool died)
{
	struct waitq *queue = futex_queue(word);
	uint32_t to = (uint32_t)thread_current()->id | (value & DIED) | (died ? DIED : 0);
	struct thread *waiter, *holder;
	int error;

	spinlock_acquire(&queue->lock);
	waiter = waitq_find(queue, key_of(word));
	if (!change(word, &value, waiter ? to | WAITERS : to, &error))
		error = error ? error : -EAGAIN;
	spinlock_release(&queue->lock);
	holder = waiter ? waiter->holder : NULL;
	if (!error && holder)
		inherit_pass(holder, key_of(word), thread_current());
	return error;
}

/* inherit_lock and interrupts are given back. */
static int wait(uint32_t *word, uint32_t value, struct thread *holder, struct irq_state state,
		uint64_t deadline_ns)
{
	struct waitq *queue = futex_queue(word);
	int error = 0;

	if (!(value & WAITERS) && !change(word, &value, value | WAITERS, &error))
		error = error ? error : -EAGAIN;
	if (!error && !inherit_wait(holder, key_of(word)))
		error = -EDEADLK;
	if (error) {
		spinlock_unlock(&inherit_lock, state);
		return error;
	}
	spinlock_acquire(&queue->lock);
	spinlock_release(&inherit_lock);
	error = waitq_sleep(queue, &state, key_of(word), deadline_ns);
	waitq_unlock(queue, state);
	if (!error)
		return 0; /* it was handed to us */
	state = spinlock_lock(&inherit_lock);
	inherit_wait_end();
	spinlock_unlock(&inherit_lock, state);
	return error;
}

static int lock_once(uint32_t *word, uint64_t deadline_ns, bool try)
{
	uint32_t value, again, owner;
	struct irq_state state;
	struct thread *holder;
	int error = futex_touch(word, &value);

	if (error)
		return error;
	owner = value & OWNER;
	if (owner == (uint32_t)thread_current()->id)
		return -EDEADLK;
	state = arch_irq_save();
	holder = lock_with_thread(owner);
	error = futex_read_locked(word, &again);
	if (!error && (again & OWNER) != owner)
		error = -EAGAIN;
	if (!error && holder && !try)
		return wait(word, again, holder, state, deadline_ns);
	if (!error)
		error = holder ? -EBUSY : take(word, again, owner);
	spinlock_unlock(&inherit_lock, state);
	return error;
}

int futex_pi_lock(uint32_t *word, uint64_t deadline_ns, bool try)
{
	int error;

	do
		error = lock_once(word, deadline_ns, try);
	while (error == -EAGAIN);
	return error == -EBUSY ? -EAGAIN : error;
}

/*
 * Give the word from the caller to who waits first, or free it. -EAGAIN: its value changed.
 * inherit_lock held.
 */
static int hand_over(uint32_t *word, uint32_t value, uint32_t died)
{
	struct waitq *queue = futex_queue(word);
	struct thread *next;
	bool more = false;
	int error;

	spinlock_acquire(&queue->lock);
	next = waitq_find(queue, key_of(word));
	/* More may wait than are marked below: who has the word asks the kernel once too often. */
	if (!change(word, &value, next ? (uint32_t)next->id | WAITERS | died : died, &error))
		error = error ? error : -EAGAIN;
	if (!error && next)
		waitq_take(queue, key_of(word), &more);
	spinlock_release(&queue->lock);
	if (error)
		return error;
	/* Without `next`, those whose time is over and who have not noticed yet. */
	inherit_pass(thread_current(), key_of(word), next);
	if (next)
		sched_wake(next);
	return 0;
}

int futex_pi_unlock(uint32_t *word)
{
	struct irq_state state;
	uint32_t value;
	int error = futex_touch(word, &value);

	if (error)
		return error;
	if ((value & OWNER) != (uint32_t)thread_current()->id)
		return -EPERM;
	state = spinlock_lock(&inherit_lock);
	do {
		error = futex_read_locked(word, &value);
		if (!error)
			error = hand_over(word, value, 0);
	} while (error == -EAGAIN);
	spinlock_unlock(&inherit_lock, state);
	return error;
}

/* What others wait for passes to them as their dead owner's. */
static void pass_on_one(struct thread *self, uint32_t *word)
{
	struct irq_state state = arch_irq_save();
	uint32_t value = 0, owner;
	int error = arch_user_load32(word, &value);
	struct thread *holder;

	owner = value & OWNER;
	holder = lock_with_thread(owner == (uint32_t)self->id ? 0 : owner);
	if (!error)
		error = futex_read_locked(word, &value);
	if (!error && (value & OWNER) != owner)
		error = -EAGAIN;
	if (!error && !holder)
		error = hand_over(word, value, DIED);
	else if (!error && !(value & WAITERS) && !change(word, &value, value | WAITERS, &error))
		error = -EAGAIN;
	/* Another took it when we had put it down, or the word is gone: then they wait for ever. */
	if (error != -EAGAIN && (error || holder))
		inherit_pass(self, key_of(word), error ? NULL : holder);
	spinlock_unlock(&inherit_lock, state);
}

void futex_pi_thread_ended(void)
{
	struct thread *self = thread_current();

	for (;;) {
		struct irq_state state = spinlock_lock(&inherit_lock);
		uintptr_t key = self->donors ? self->donors->waits_for : 0;

		self->ceiling = 0;
		self->passed_on = true;
		spinlock_unlock(&inherit_lock, state);
		if (!key)
			return;
		pass_on_one(self, (uint32_t *)(key & ~1UL));
	}
}
