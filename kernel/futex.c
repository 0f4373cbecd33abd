/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes: wait queues chosen by a hash of the word's address, waiters told apart by the address
 * itself.
 */
#include <errno.h>

#include <arch/user.h>
#include <base/bits.h>
#include <kernel/futex.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>
#include <mem/user.h>

#define BUCKETS 16
#define AT_ONCE ((size_t)16) /* waiters that are woken or moved with interrupts off */

#define QUEUE(i)  WAITQ_INIT(buckets[i])
#define QUEUES(i) QUEUE(i), QUEUE(i + 1), QUEUE(i + 2), QUEUE(i + 3)
static struct waitq buckets[BUCKETS] = {QUEUES(0), QUEUES(4), QUEUES(8), QUEUES(12)};

struct waitq *futex_queue(const uint32_t *word)
{
	return &buckets[((uintptr_t)word >> 2 ^ (uintptr_t)word >> 8) % BUCKETS];
}

static int check(const uint32_t *word)
{
	if ((uintptr_t)word & 3)
		return -EINVAL;
	return user_word_ok(word) ? 0 : -EFAULT;
}

/*
 * The word is compared under the queue's lock with what the waker wrote, and memory is not filled
 * with a spinlock held. So it is touched first and then read under the lock; if it has gone in
 * between, all that is done once more.
 */
int futex_touch(const uint32_t *word, uint32_t *value)
{
	int error = check(word);

	return error ? error : arch_user_load32(word, value);
}

int futex_read_locked(const uint32_t *word, uint32_t *value)
{
	int error;

	user_fill_off();
	error = arch_user_load32(word, value);
	user_fill_on();
	return error;
}

/* The word is nearly always there: it is read under the lock first, and touched if it was not. */
int futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	struct waitq *queue = futex_queue(word);
	struct irq_state state;
	uint32_t value;
	int error = check(word);

	if (error)
		return error;
	for (;;) {
		state = waitq_lock(queue);
		if (!futex_read_locked(word, &value))
			break;
		waitq_unlock(queue, state);
		error = arch_user_load32(word, &value);
		if (error)
			return error;
	}
	if (value == expected)
		return (int)waitq_await(queue, (uintptr_t)word, deadline_ns);
	waitq_unlock(queue, state);
	return -EAGAIN;
}

/*
 * A few at a time, so that interrupts are not off for all of them. Who waits once more meanwhile,
 * or comes late, may be woken too, but nobody keeps us here: no more are woken than there are
 * threads.
 */
long futex_wake(const uint32_t *word, size_t count)
{
	struct waitq *queue = futex_queue(word);
	size_t woken = 0, some;

	if ((uintptr_t)word & 3)
		return -EINVAL;
	if (count > AT_ONCE)
		count = MIN(count, thread_count());
	do {
		struct irq_state state = waitq_lock(queue);

		some = waitq_wake(queue, (uintptr_t)word, MIN(count - woken, AT_ONCE));
		waitq_unlock(queue, state);
		woken += some;
	} while (some == AT_ONCE && woken < count);
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
	/* Those that are moved where they were would be met again. */
	const size_t step = word == to ? SIZE_MAX : AT_ONCE, most = thread_count();
	size_t done = 0, woken, moved;
	struct irq_state state;
	uint32_t value;
	int error;

	for (;;) {
		error = futex_touch(word, &value);
		if (!error && (uintptr_t)to & 3)
			error = -EINVAL;
		if (error)
			return error;
		state = lock_both(from_queue, to_queue);
		if (!compare || !futex_read_locked(word, &value))
			break;
		unlock_both(from_queue, to_queue, state);
	}
	if (compare && value != *compare) {
		unlock_both(from_queue, to_queue, state);
		return -EAGAIN;
	}
	/* Interrupts are not off for all of them, as above. */
	for (;;) {
		woken = waitq_wake(from_queue, (uintptr_t)word, MIN(wake, step));
		moved = MIN(move, step - woken);
		moved = waitq_move(from_queue, (uintptr_t)word, to_queue, (uintptr_t)to, moved);
		unlock_both(from_queue, to_queue, state);
		done += woken + moved;
		wake -= woken;
		move -= moved;
		if (woken + moved < step || done >= most)
			return (long)done;
		state = lock_both(from_queue, to_queue);
	}
}
