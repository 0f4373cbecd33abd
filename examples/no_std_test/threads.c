/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving way to another thread and back, asking who one is, making a thread. */
#include <stdatomic.h>
#include <stddef.h>

#include <unishyper/thread.h>

#include "tests.h"

static atomic_bool over;
static int switch_rounds;

/* Both are bound to one core, so that giving way means the other one. */
static void other(void *arg)
{
	(void)arg;
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		thread_yield();
}

static void give_way(void *arg)
{
	struct measure *measure = arg;

	for (int i = 0; i < switch_rounds; i++)
		thread_yield();
	for (int i = 0; i < switch_rounds; i++) {
		uint64_t start = test_now();

		thread_yield();
		measure_add(measure, test_now() - start);
	}
	atomic_store(&over, true);
}

static int spawned(int id)
{
	if (id < 0)
		test_fails("a thread cannot start", -id);
	return id;
}

void test_thread_switch(int rounds)
{
	struct measure measure;
	int one, two;

	measure_begin(&measure);
	switch_rounds = rounds;
	atomic_store(&over, false);
	one = spawned(thread_spawn_on_core(other, NULL, 0));
	two = spawned(thread_spawn_on_core(give_way, &measure, 0));
	thread_join(two);
	thread_join(one);
	measure_print(&measure, "test_thread_switch", rounds);
}

void test_thread_getid(int rounds)
{
	struct measure measure;

	measure_begin(&measure);
	for (int i = 0; i < 10; i++)
		thread_current_id();
	for (int i = 0; i < rounds; i++) {
		uint64_t start = test_now();

		thread_current_id();
		measure_add(&measure, test_now() - start);
	}
	measure_print(&measure, "test_thread_getid", rounds);
}

static void wait_for_the_end(void *arg)
{
	(void)arg;
	for (;;)
		thread_block();
}

void test_thread_create(int rounds)
{
	struct measure measure;

	measure_begin(&measure);
	for (int i = -rounds; i < rounds; i++) {
		uint64_t start = test_now();
		int id = spawned(thread_spawn(wait_for_the_end, NULL));

		if (i >= 0)
			measure_add(&measure, test_now() - start);
		thread_kill(id);
		thread_join(id);
	}
	measure_print(&measure, "test_thread_create", rounds);
}
