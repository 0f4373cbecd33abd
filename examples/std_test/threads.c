/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving way to another thread and back, asking who one is, making a thread. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "tests.h"

static atomic_bool over;
static int switch_rounds;

/* Both are bound to one core, so that giving way means the other one. */
static void *other(void *arg)
{
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		sched_yield();
	return arg;
}

static void *give_way(void *arg)
{
	struct measure *measure = arg;

	for (int i = 0; i < switch_rounds; i++)
		sched_yield();
	for (int i = 0; i < switch_rounds; i++) {
		uint64_t start = test_now();

		sched_yield();
		measure_add(measure, test_now() - start);
	}
	atomic_store(&over, true);
	return NULL;
}

static pthread_t start(void *(*function)(void *), void *arg)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, function, arg);

	if (error)
		test_fails("a thread cannot start", error);
	return thread;
}

void test_thread_switch(int rounds)
{
	struct measure measure;
	cpu_set_t before, first;
	pthread_t one, two;

	measure_begin(&measure);
	switch_rounds = rounds;
	atomic_store(&over, false);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	/* A thread begins with the processors of the one that makes it. */
	pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
	pthread_setaffinity_np(pthread_self(), sizeof(first), &first);
	one = start(other, NULL);
	two = start(give_way, &measure);
	pthread_join(two, NULL);
	pthread_join(one, NULL);
	pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	measure_print(&measure, "test_thread_switch", rounds);
}

void test_thread_getid(int rounds)
{
	struct measure measure;

	measure_begin(&measure);
	for (int i = 0; i < 10; i++)
		gettid();
	for (int i = 0; i < rounds; i++) {
		uint64_t start_ns = test_now();

		gettid();
		measure_add(&measure, test_now() - start_ns);
	}
	measure_print(&measure, "test_thread_getid", rounds);
}

static void *wait_for_the_end(void *arg)
{
	pause();
	return arg;
}

void test_thread_create(int rounds)
{
	struct measure measure;

	measure_begin(&measure);
	for (int i = -rounds; i < rounds; i++) {
		uint64_t start_ns = test_now();
		pthread_t thread = start(wait_for_the_end, NULL);

		if (i >= 0)
			measure_add(&measure, test_now() - start_ns);
		pthread_cancel(thread);
		pthread_join(thread, NULL);
	}
	measure_print(&measure, "test_thread_create", rounds);
}
