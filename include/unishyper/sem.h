/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting semaphore. It may start below zero: then that many releases are needed before the first
 * acquire succeeds, which is how one thread waits for several others. Needs no destruction; must
 * not move while it is used. It may be given back as soon as the last acquire returned, though the
 * release that served it is still under way.
 */
#ifndef UNISHYPER_SEM_H
#define UNISHYPER_SEM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct semaphore {
	uint64_t state; /* count and number of waiters; use the functions */
};

#define SEMAPHORE_INIT(count)                                                                      \
	{                                                                                          \
		(uint64_t)(uint32_t)(int32_t)(count) << 32                                         \
	}

void semaphore_init(struct semaphore *semaphore, int32_t count);

/* Wait until the count is above zero and take one. */
void semaphore_acquire(struct semaphore *semaphore);

/* The same without waiting; false: nothing was taken. */
bool semaphore_try_acquire(struct semaphore *semaphore);

/* The same, waiting no longer than that; false: the time is over. Never gives up early. */
bool semaphore_acquire_for(struct semaphore *semaphore, uint64_t timeout_ns);

/*
 * Add one, or hand it to a thread that waits: the one of the highest priority that waits longest.
 * That thread may run before this returns, also if it is no more urgent. A count of INT32_MAX
 * stays.
 */
void semaphore_release(struct semaphore *semaphore);

/* The count at some moment during the call. */
int32_t semaphore_count(const struct semaphore *semaphore);

#ifdef __cplusplus
}
#endif

#endif
