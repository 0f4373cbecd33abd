/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <unishyper/sem.h>: the low half of the state is the count, on which the waiters sleep; the high
 * half says how many they are. Both change in one step, so that a release touches the semaphore
 * once: it may be gone afterwards (the kernel wakes by address and reads nothing).
 */
#include <errno.h>
#include <stddef.h>
#include <time.h>

#include <unishyper/sem.h>

#include "native.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half comes first");

#define WAITER	   (UINT64_C(1) << 32)
#define WAIT_UNTIL (9 | 128) /* FUTEX_WAIT_BITSET | FUTEX_PRIVATE: a time of the monotonic clock */
#define WAKE	   (1 | 128) /* FUTEX_WAKE */
#define MATCH_ANY  0xffffffffu
#define NS_PER_S   1000000000u

static int32_t count_of(uint64_t state)
{
	return (int32_t)(uint32_t)state;
}

static uint64_t with_count(uint64_t state, int32_t count)
{
	return (state & ~UINT64_C(0xffffffff)) | (uint32_t)count;
}

static volatile uint32_t *count_word(struct semaphore *semaphore)
{
	return (volatile uint32_t *)&semaphore->state;
}

static bool replace(struct semaphore *semaphore, uint64_t *expected, uint64_t state)
{
	return __atomic_compare_exchange_n(&semaphore->state, expected, state, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static uint64_t state_of(const struct semaphore *semaphore)
{
	return __atomic_load_n(&semaphore->state, __ATOMIC_SEQ_CST);
}

void semaphore_init(struct semaphore *semaphore, int32_t count)
{
	__atomic_store_n(&semaphore->state, (uint32_t)count, __ATOMIC_SEQ_CST);
}

bool semaphore_try_acquire(struct semaphore *semaphore)
{
	uint64_t state = state_of(semaphore);

	while (count_of(state) > 0)
		if (replace(semaphore, &state, with_count(state, count_of(state) - 1)))
			return true;
	return false;
}

static __attribute__((__noinline__)) bool wait(struct semaphore *semaphore,
					       const struct timespec *until)
{
	for (;;) {
		uint64_t state = state_of(semaphore);
		long error;

		if (count_of(state) > 0) {
			if (semaphore_try_acquire(semaphore))
				return true;
			continue;
		}
		if (!replace(semaphore, &state, state + WAITER))
			continue;
		error = uk_sys_futex(count_word(semaphore), WAIT_UNTIL, (uint32_t)state, until,
				     NULL, MATCH_ANY);
		__atomic_fetch_sub(&semaphore->state, WAITER, __ATOMIC_SEQ_CST);
		/*
		 * A release may have come together with the end of the time, and may have chosen
		 * us.
		 */
		if (error == -ETIMEDOUT)
			return semaphore_try_acquire(semaphore);
	}
}

void semaphore_acquire(struct semaphore *semaphore)
{
	if (!semaphore_try_acquire(semaphore))
		wait(semaphore, NULL);
}

bool semaphore_acquire_for(struct semaphore *semaphore, uint64_t timeout_ns)
{
	struct timespec until;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = (uint64_t)until.tv_nsec + timeout_ns % NS_PER_S;
	until.tv_sec += (time_t)(timeout_ns / NS_PER_S + ns / NS_PER_S);
	until.tv_nsec = (long)(ns % NS_PER_S);
	return wait(semaphore, &until);
}

static __attribute__((__noinline__)) void wake(struct semaphore *semaphore)
{
	uk_sys_futex(count_word(semaphore), WAKE, 1, NULL, NULL, 0);
}

void semaphore_release(struct semaphore *semaphore)
{
	uint64_t state = state_of(semaphore);

	while (!replace(semaphore, &state, with_count(state, count_of(state) + 1)))
		;
	/* Every release above zero wakes one: as many as there is something for. */
	if (__builtin_expect(state >= WAITER, false) && count_of(state) + 1 > 0)
		wake(semaphore);
}

int32_t semaphore_count(const struct semaphore *semaphore)
{
	return count_of(state_of(semaphore));
}
