/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten threads on one core and ten anywhere, none of which ever gives way: each spins until all have
 * begun, which needs the scheduler to take the processor from them.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "tests.h"

#define EACH 10

static atomic_int begun;

static void *spin(void *arg)
{
	atomic_fetch_add(&begun, 1);
	while (atomic_load_explicit(&begun, memory_order_relaxed) < 2 * EACH)
		;
	return arg;
}

void test_thread_schedule(int rounds)
{
	pthread_t threads[2 * EACH];
	cpu_set_t core;

	(void)rounds;
	atomic_store(&begun, 0);
	CPU_ZERO(&core);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1 : 0, &core);
	for (int i = 0; i < 2 * EACH; i++) {
		int error = pthread_create(&threads[i], NULL, spin, NULL);

		if (error)
			test_fails("a thread cannot start", error);
		if (i < EACH)
			pthread_setaffinity_np(threads[i], sizeof(core), &core);
	}
	printf("[TEST] test_thread_schedule spawn finish\n");
	for (int i = 0; i < 2 * EACH; i++)
		pthread_join(threads[i], NULL);
	printf("[TEST] test_thread_schedule %d threads ran at the same time\n",
	       atomic_load(&begun));
}
