/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where <unishyper/sem.h> waits and wakes (posix/native/sem.c says what is in the word). What is
 * released while somebody waits goes to the first waiter: the count does not change. Whoever is on
 * the way to wait has announced it in the word, so that all releases come here, and is decided
 * about under the lock of the word's queue.
 */
#include <errno.h>

#include <arch/layout.h>
#include <arch/user.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#define ONE    (UINT64_C(1) << 32) /* of the count; below are the waiters */
#define QUEUES 16

/*
 * A release that finds nobody asleep adds to the count. Who then comes to wait has to look at it:
 * where `added` is, or everywhere once several words were added to. Guarded by waitq's lock.
 */
struct queue {
	struct waitq waitq;
	const uint64_t *added;
};

#define EVERYWHERE ((const uint64_t *)1)
#define QUEUE(i)                                                                                   \
	{                                                                                          \
		WAITQ_INIT(queues[i].waitq), NULL                                                  \
	}
#define QUEUE_4(i) QUEUE(i), QUEUE(i + 1), QUEUE(i + 2), QUEUE(i + 3)
static struct queue queues[QUEUES] = {QUEUE_4(0), QUEUE_4(4), QUEUE_4(8), QUEUE_4(12)};

/* One more or less, with a lock held: -EFAULT also when the page would first have to be filled. */
static int change(uint64_t *word, uint64_t *value, uint64_t by)
{
	uint64_t expected;
	int error;

	user_fill_off();
	do {
		expected = *value;
		error = arch_user_cmpxchg64(word, value, expected + by);
	} while (!error && *value != expected);
	user_fill_on();
	return error;
}

static int read_locked(uint64_t *word, uint64_t *value)
{
	int error;

	user_fill_off();
	error = arch_user_load64(word, value);
	user_fill_on();
	return error;
}

/* The first page is never mapped. */
static bool is_word(const uint64_t *word)
{
	return !((uintptr_t)word & 7) && (uintptr_t)word < ARCH_APP_END;
}

static ALWAYS_INLINE struct queue *queue_of_word(const uint64_t *word)
{
	struct queue *queue = &queues[((uintptr_t)word >> 3 ^ (uintptr_t)word >> 9) % QUEUES];

	__asm__("" : "+r"(queue)); /* or it would be computed for each use */
	return queue;
}

/* A system call: interrupts were on. */
static ALWAYS_INLINE void lock(struct queue *queue)
{
	arch_irq_disable();
	spinlock_acquire_here(&queue->waitq.lock);
}

static ALWAYS_INLINE void unlock(struct queue *queue)
{
	spinlock_release(&queue->waitq.lock);
	arch_irq_enable();
}

/* Make the page be there, to be written. */
NOINLINE static int fill(uint64_t *word)
{
	uint64_t value = 0;

	return arch_user_cmpxchg64(word, &value, 0);
}

/* There may be something in the word; the lock is held. */
NOINLINE static long acquire_slowly(uint64_t *word, uint64_t deadline_ns, struct queue *queue)
{
	uint64_t value;
	long error = is_word(word) ? read_locked(word, &value) : -EFAULT;

	if (!error && (int64_t)value < (int64_t)ONE) {
		if (queue->added == word)
			queue->added = NULL;
		return waitq_await(&queue->waitq, (uintptr_t)word, deadline_ns);
	}
	if (!error)
		error = change(word, &value, -ONE);
	unlock(queue);
	if (!error || !is_word(word))
		return error;
	error = fill(word);
	return error ? error : sys_semaphore_acquire(word, deadline_ns);
}

long sys_semaphore_acquire(uint64_t *word, uint64_t deadline_ns)
{
	struct queue *queue = queue_of_word(word);

	lock(queue);
	if (UNLIKELY(queue->added))
		return acquire_slowly(word, deadline_ns, queue);
	return waitq_await(&queue->waitq, (uintptr_t)word, deadline_ns);
}

/* Nobody waits yet: the count is for who comes, or is on the way. The lock is held. */
NOINLINE static long add(uint64_t *word, struct queue *queue)
{
	uint64_t value;
	long error = is_word(word) ? read_locked(word, &value) : -EFAULT;

	if (!error && (int32_t)(value >> 32) != INT32_MAX) {
		queue->added = !queue->added || queue->added == word ? word : EVERYWHERE;
		error = change(word, &value, ONE);
	}
	unlock(queue);
	if (!error || !is_word(word))
		return error;
	error = fill(word);
	return error ? error : sys_semaphore_release(word);
}

long sys_semaphore_release(uint64_t *word)
{
	struct queue *queue = queue_of_word(word);
	struct waiter *waiter;

	lock(queue);
	waiter = waitq_take_one(&queue->waitq, (uintptr_t)word);
	if (UNLIKELY(!waiter))
		return add(word, queue);
	spinlock_release(&queue->waitq.lock);
	return sched_hand_over(CONTAINER_OF(waiter, struct thread, waiter));
}
