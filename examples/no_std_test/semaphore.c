/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread acquires what two others release, two and three times. */
#include <errno.h>
#include <stdio.h>

#include <unishyper/sem.h>
#include <unishyper/thread.h>

#include "tests.h"

#define ROUNDS_A 2
#define ROUNDS_B 3

static struct semaphore semaphore = SEMAPHORE_INIT(0);

static void acquire(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS_A + ROUNDS_B; i++) {
		semaphore_acquire(&semaphore);
		printf("[Acquire Thread] acquired success on round %d\n", i);
	}
}

static void release(void *arg)
{
	for (int i = 0; i < (int)(long)arg; i++) {
		semaphore_release(&semaphore);
		thread_yield();
	}
}

void test_semaphore(int rounds)
{
	int ids[] = {
		thread_spawn_name(acquire, NULL, "acquire"),
		thread_spawn_name(release, (void *)ROUNDS_A, "release A"),
		thread_spawn_name(release, (void *)ROUNDS_B, "release B"),
	};

	(void)rounds;
	for (int i = 0; i < 3; i++)
		if (ids[i] < 0 || thread_join(ids[i]))
			test_fails("a thread cannot start", EAGAIN);
}
