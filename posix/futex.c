/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2): the operations the C library uses, and their variants with a bit set, which must be
 * full.
 */
#include <errno.h>

#include <base/compiler.h>
#include <kernel/futex.h>
#include <posix/syscalls.h>

#include "program.h"

/* The public headers do not have these. */
enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_PRIVATE = 128, /* one address space: without meaning */
	FUTEX_REALTIME = 256,
	FUTEX_MATCH_ANY = 0xffffffff,
};

/*
 * Moving waiters is code that only programs with threads link: who creates the first one says where
 * it is.
 */
static __typeof__(futex_requeue) *requeue;

void program_enable_requeue(void)
{
	__atomic_store_n(&requeue, futex_requeue, __ATOMIC_RELAXED);
}

/* So is priority inheritance, for those who have such a mutex (posix/inherit.c). */
long (*program_futex_pi)(uint32_t *word, int command, const struct timespec *timeout);

/* Where nobody waits, what is left is to look at the word: here by a wait that is over at once. */
static long requeue_nobody(const uint32_t *word, const uint32_t *to, bool compare, uint32_t value)
{
	int error = (uintptr_t)to & 3 ? -EINVAL : futex_wait(word, value, 0);

	return error == -ETIMEDOUT || (error == -EAGAIN && !compare) ? 0 : error;
}

/* After a signal that lets calls go on it is as if it had been woken: all callers look. */
static ALWAYS_INLINE long wait_until(const uint32_t *word, uint32_t value, uint64_t deadline)
{
	int error = futex_wait(word, value, deadline);

	thread_current()->futex_interrupted = error == -EINTR;
	return error;
}

/* WAIT counts from now, WAIT_BITSET has a time of the clock. */
static long wait(const uint32_t *word, int op, uint32_t value, const struct timespec *timeout,
		 bool absolute)
{
	uint64_t deadline = DEADLINE_NEVER;
	long error;

	if (timeout) {
		error = time_copy_in(timeout, &deadline);
		if (error)
			return error;
		date_wait_begin(absolute && op & FUTEX_REALTIME);
		deadline = time_deadline(deadline, absolute, op & FUTEX_REALTIME);
	}
	error = wait_until(word, value, deadline);
	if (timeout)
		date_wait_end();
	return error;
}

NOINLINE static long rarely(uint32_t *word, int op, uint32_t value, unsigned long timeout_or_count,
			    uint32_t *word2, uint32_t value3)
{
	int command = op & ~(FUTEX_PRIVATE | FUTEX_REALTIME);
	bool bitset = command == FUTEX_WAIT_BITSET || command == FUTEX_WAKE_BITSET;

	if (bitset && value3 != FUTEX_MATCH_ANY)
		return value3 ? -ENOSYS : -EINVAL;
	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		return wait(word, op, value, (const struct timespec *)timeout_or_count, bitset);
	case FUTEX_WAKE_BITSET:
		return futex_wake(word, value);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		if (!requeue)
			return requeue_nobody(word, word2, command == FUTEX_CMP_REQUEUE, value3);
		return requeue(word, value, word2, timeout_or_count & UINT32_MAX,
			       command == FUTEX_CMP_REQUEUE ? &value3 : NULL);
	}
	if (!program_futex_pi)
		return -ENOSYS;
	return program_futex_pi(word, command, (const struct timespec *)timeout_or_count);
}

long sys_futex(uint32_t *word, int op, uint32_t value, unsigned long timeout_or_count,
	       uint32_t *word2, uint32_t value3)
{
	if ((op & ~FUTEX_PRIVATE) == FUTEX_WAIT && !timeout_or_count)
		return wait_until(word, value, DEADLINE_NEVER);
	if ((op & ~(FUTEX_PRIVATE | FUTEX_REALTIME)) == FUTEX_WAKE)
		return futex_wake(word, value);
	return rarely(word, op, value, timeout_or_count, word2, value3);
}
