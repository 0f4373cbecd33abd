/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <unishyper/sem.h>: the high half of the state is the count, the low half says how many wait or
 * are about to. While there are some, and the count is not below zero, releases are the kernel's
 * (posix/semaphore.c), which hands them to the waiters. A release touches the semaphore once, or
 * the kernel does before it wakes: it may be gone afterwards.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

#include <unishyper/sem.h>
#include <unishyper/time.h>

#include "native.h"

#define WAITER UINT64_C(1)
#define ONE    (UINT64_C(1) << 32)

static int64_t count_of(uint64_t state)
{
	return (int64_t)state >> 32;
}

static bool replace(struct semaphore *semaphore, uint64_t *expected, uint64_t state)
{
	return __atomic_compare_exchange_n(&semaphore->state, expected, state, true,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static uint64_t state_of(const struct semaphore *semaphore)
{
	return __atomic_load_n(&semaphore->state, __ATOMIC_RELAXED);
}

void semaphore_init(struct semaphore *semaphore, int32_t count)
{
	__atomic_store_n(&semaphore->state, (uint64_t)(uint32_t)count << 32, __ATOMIC_SEQ_CST);
}

bool semaphore_try_acquire(struct semaphore *semaphore)
{
	uint64_t state = state_of(semaphore);

	while (count_of(state) > 0)
		if (replace(semaphore, &state, state - ONE))
			return true;
	return false;
}

/* Acquire, or wait once: 0, -ETIMEDOUT, -EINTR. The state is what it was just now. */
static inline long acquire_or_wait(struct semaphore *semaphore, uint64_t state,
				   uint64_t deadline_ns)
{
	long error;

	for (;;) {
		if (__builtin_expect(count_of(state) > 0, false)) {
			if (replace(semaphore, &state, state - ONE))
				return 0;
		} else if (__builtin_expect(replace(semaphore, &state, state + WAITER), true)) {
			break;
		}
	}
	error = uk_sys_semaphore_acquire(&semaphore->state, deadline_ns);
	__atomic_fetch_sub(&semaphore->state, WAITER, __ATOMIC_ACQ_REL);
	return error;
}

/* The one here that calls others has its place in backtraces. */
static __attribute__((__noinline__, __optimize__("no-omit-frame-pointer"))) void
acquire_slowly(struct semaphore *semaphore, uint64_t state)
{
	while (acquire_or_wait(semaphore, state, UINT64_MAX)) {
		pthread_testcancel();
		state = state_of(semaphore);
	}
}

void semaphore_acquire(struct semaphore *semaphore)
{
	uint64_t state = state_of(semaphore);

	if ((int64_t)state < (int64_t)ONE || !replace(semaphore, &state, state - ONE))
		acquire_slowly(semaphore, state);
}

bool semaphore_acquire_for(struct semaphore *semaphore, uint64_t timeout_ns)
{
	uint64_t deadline_ns;
	long error;

	if (__builtin_add_overflow(time_now_ns(), timeout_ns, &deadline_ns))
		deadline_ns = UINT64_MAX;
	while ((error = acquire_or_wait(semaphore, state_of(semaphore), deadline_ns))) {
		if (error == -ETIMEDOUT)
			return false;
		pthread_testcancel();
	}
	return true;
}

void semaphore_release(struct semaphore *semaphore)
{
	uint64_t state = state_of(semaphore);
	int64_t more;

	for (;;) {
		if (__builtin_expect((uint32_t)state && count_of(state) >= 0, false)) {
			uk_sys_semaphore_release(&semaphore->state);
			return;
		}
		if (__builtin_add_overflow((int64_t)state, (int64_t)ONE, &more))
			return;
		if (replace(semaphore, &state, (uint64_t)more))
			return;
	}
}

int32_t semaphore_count(const struct semaphore *semaphore)
{
	return (int32_t)count_of(__atomic_load_n(&semaphore->state, __ATOMIC_SEQ_CST));
}
