/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten threads on one core and ten anywhere, none of which ever gives way: each spins until all have
 * begun, which needs the scheduler to take the processor from them.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include <unishyper/thread.h>

#include "tests.h"

#define EACH 10

static atomic_int begun;

static void spin(void *arg)
{
	(void)arg;
	atomic_fetch_add(&begun, 1);
	while (atomic_load_explicit(&begun, memory_order_relaxed) < 2 * EACH)
		;
}

void test_thread_schedule(int rounds)
{
	int core = thread_core_count() > 1 ? 1 : 0, ids[2 * EACH];

	(void)rounds;
	atomic_store(&begun, 0);
	for (int i = 0; i < EACH; i++)
		ids[i] = thread_spawn_on_core(spin, NULL, core);
	for (int i = EACH; i < 2 * EACH; i++)
		ids[i] = thread_spawn(spin, NULL);
	printf("[TEST] test_thread_schedule spawn finish\n");
	for (int i = 0; i < 2 * EACH; i++)
		if (ids[i] < 0 || thread_join(ids[i]))
			test_fails("a thread cannot start", EAGAIN);
	printf("[TEST] test_thread_schedule %d threads ran at the same time\n",
	       atomic_load(&begun));
}
