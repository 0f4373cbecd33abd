/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes: wait queues chosen by a hash of the word's address, waiters told apart by the address
 * itself.
 */
#include <errno.h>

#include <arch/user.h>
#include <kernel/futex.h>
#include <kernel/waitq.h>
#include <mem/user.h>

#define BUCKETS 16

#define QUEUE(i)  WAITQ_INIT(buckets[i])
#define QUEUES(i) QUEUE(i), QUEUE(i + 1), QUEUE(i + 2), QUEUE(i + 3)
static struct waitq buckets[BUCKETS] = {QUEUES(0), QUEUES(4), QUEUES(8), QUEUES(12)};

struct waitq *futex_queue(const uint32_t *word)
{
	return &buckets[((uintptr_t)word >> 2 ^ (uintptr_t)word >> 8) % BUCKETS];
}

/*
 * Read the word: it must be there before a spinlock is held, and may only be read under the lock to
 * be compared with what the waker wrote. So touch it first, then read again under the lock, where a
 * fault (somebody unmapped it meanwhile) is answered by the fixup table without filling.
 */
int futex_touch(const uint32_t *word, uint32_t *value)
{
	if ((uintptr_t)word & 3)
		return -EINVAL;
	if (!user_range_ok(word, sizeof(*word)))
		return -EFAULT;
	return arch_user_load32(word, value);
}

int futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	struct waitq *queue = futex_queue(word);
	struct irq_state state;
	uint32_t value;
	int error = futex_touch(word, &value);

	if (error)
		return error;
	state = waitq_lock(queue);
	error = arch_user_load32(word, &value);
	if (!error && value != expected)
		error = -EAGAIN;
	if (!error)
		error = waitq_sleep(queue, &state, (uintptr_t)word, deadline_ns);
	waitq_unlock(queue, state);
	return error;
}

long futex_wake(const uint32_t *word, size_t count)
{
	struct waitq *queue = futex_queue(word);
	struct irq_state state;
	size_t woken;

	if ((uintptr_t)word & 3)
		return -EINVAL;
	state = waitq_lock(queue);
	woken = waitq_wake(queue, (uintptr_t)word, count);
	waitq_unlock(queue, state);
	return (long)woken;
}

/* Two queues are locked in the order of their addresses. */
static struct irq_state lock_both(struct waitq *a, struct waitq *b)
{
	struct irq_state state = arch_irq_save();

	spinlock_acquire(a < b ? &a->lock : &b->lock);
	if (a != b)
		spinlock_acquire(a < b ? &b->lock : &a->lock);
	return state;
}

static void unlock_both(struct waitq *a, struct waitq *b, struct irq_state state)
{
	spinlock_release(&a->lock);
	if (a != b)
		spinlock_release(&b->lock);
	arch_irq_restore(state);
}

long futex_requeue(const uint32_t *word, size_t wake, const uint32_t *to, size_t move,
		   const uint32_t *compare)
{
	struct waitq *from_queue = futex_queue(word), *to_queue = futex_queue(to);
	struct irq_state state;
	uint32_t value;
	long done = 0;
	int error = futex_touch(word, &value);

	if (error)
		return error;
	if ((uintptr_t)to & 3)
		return -EINVAL;
	state = lock_both(from_queue, to_queue);
	error = compare ? arch_user_load32(word, &value) : 0;
	if (!error && compare && value != *compare)
		error = -EAGAIN;
	if (!error) {
		done = (long)waitq_wake(from_queue, (uintptr_t)word, wake);
		done += (long)waitq_move(from_queue, (uintptr_t)word, to_queue, (uintptr_t)to,
					 move);
	}
	unlock_both(from_queue, to_queue, state);
	return error ? error : done;
}
