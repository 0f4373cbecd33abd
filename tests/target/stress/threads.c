/* SPDX-License-Identifier: BSD-2-Clause */
/* 80 threads are created and joined, or end detached; 100,000 with the long run. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>

#include "stress.h"

#define CREATORS    8
#define EACH(scale) ((scale) > 1 ? 50 * (scale) : 10)
#define BATCH	    10 /* at a time, once in CALM times; else one by one */
#define CALM	    16

struct creator {
	pthread_t thread;
	unsigned count, turn;
	unsigned ran, wrong;
};

static void *touch(void *arg)
{
	volatile char stack[3000];

	stack[0] = stack[sizeof(stack) - 1] = 1;
	__atomic_fetch_add((unsigned *)arg, stack[0], __ATOMIC_RELAXED);
	return arg;
}

static void *create_and_join(void *arg)
{
	struct creator *creator = arg;
	pthread_t batch[BATCH];
	unsigned size;

	/* What is too many to be kept is unmapped, for which all CPUs are asked: slow. */
	for (unsigned made = 0, turn = creator->turn; made < creator->count; made += size) {
		size = turn++ % CALM || creator->count - made < BATCH ? 1 : BATCH;
		for (unsigned i = 0; i < size; i++)
			if (pthread_create(&batch[i], NULL, touch, &creator->ran))
				creator->wrong++;
		for (unsigned i = 0; i < size && !creator->wrong; i++) {
			void *value = NULL;

			creator->wrong += pthread_join(batch[i], &value) || value != &creator->ran;
		}
		if (creator->wrong)
			break;
	}
	return NULL;
}

static const char *come_and_go(unsigned scale)
{
	struct creator creators[CREATORS];

	for (unsigned i = 0; i < CREATORS; i++) {
		creators[i] = (struct creator){.count = EACH(scale), .turn = i};
		CHECK(!pthread_create(&creators[i].thread, NULL, create_and_join, &creators[i]),
		      "a creator could not be created");
	}
	for (unsigned i = 0; i < CREATORS; i++)
		pthread_join(creators[i].thread, NULL);
	for (unsigned i = 0; i < CREATORS; i++) {
		CHECK(!creators[i].wrong, "a thread could not be created or joined");
		CHECK(creators[i].ran == EACH(scale), "a thread did not run");
	}
	return NULL;
}

/* Nobody waits for them, so there are as many at a time as there is room for. */
static const char *end_detached(unsigned scale)
{
	static unsigned ran;
	unsigned count = 40 * scale;
	pthread_attr_t attr;

	ran = 0;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (unsigned i = 0; i < count; i++) {
		pthread_t thread;

		while (i - __atomic_load_n(&ran, __ATOMIC_RELAXED) > 64)
			sched_yield();
		CHECK(!pthread_create(&thread, &attr, touch, &ran), "no thread could be created");
	}
	for (uint64_t begin = now_ns(); __atomic_load_n(&ran, __ATOMIC_RELAXED) != count;) {
		CHECK(now_ns() - begin < 30000 * MS, "a detached thread did not run");
		sched_yield();
	}
	return NULL;
}

const struct stress thread_stress[] = {
	{"threads_come_and_go", come_and_go},
	{"threads_end_detached", end_detached},
	{NULL, NULL},
};
