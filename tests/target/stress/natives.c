/* SPDX-License-Identifier: BSD-2-Clause */
/* The native interface: semaphores with and without time-outs, and threads that are killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include <unishyper/sem.h>
#include <unishyper/thread.h>

#include "stress.h"

#define PAIRS 8
/* Of each pair. */
#define TURNS(scale) ((scale) > 1 ? 10 * (scale) : 40)
#define TAKERS	     6
#define TOKENS	     100 /* times the scale */
#define VICTIMS	     12

struct pair {
	struct semaphore there, back;
	unsigned turns, cpu;
};

static void answer(void *arg)
{
	struct pair *pair = arg;

	bind_to(pair->cpu + 1);
	for (unsigned i = 0; i < pair->turns; i++) {
		semaphore_acquire(&pair->there);
		semaphore_release(&pair->back);
	}
}

static void ask(void *arg)
{
	struct pair *pair = arg;

	bind_to(pair->cpu);
	for (unsigned i = 0; i < pair->turns; i++) {
		semaphore_release(&pair->there);
		semaphore_acquire(&pair->back);
	}
}

/* Half of the pairs share a CPU with one, half with the other neighbour. */
static const char *pairs(unsigned scale)
{
	static struct pair list[PAIRS];
	int ids[2 * PAIRS];

	for (unsigned i = 0; i < PAIRS; i++) {
		semaphore_init(&list[i].there, 0);
		semaphore_init(&list[i].back, 0);
		list[i].turns = TURNS(scale);
		list[i].cpu = i;
		CHECK((ids[2 * i] = thread_spawn(ask, &list[i])) > 0, "no thread");
		CHECK((ids[2 * i + 1] = thread_spawn(answer, &list[i])) > 0, "no thread");
	}
	for (unsigned i = 0; i < 2 * PAIRS; i++)
		CHECK(!thread_join(ids[i]), "a thread cannot be joined");
	for (unsigned i = 0; i < PAIRS; i++)
		CHECK(!semaphore_count(&list[i].there) && !semaphore_count(&list[i].back),
		      "a token is left");
	return NULL;
}

static struct semaphore tokens;
static unsigned taken;
static volatile bool enough;

static void take(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	while (!enough)
		if (semaphore_acquire_for(&tokens, random_next(&seed) % 50000))
			__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
}

/* Time-outs come together with releases: nothing is taken twice, and nothing is lost. */
static const char *timeouts(unsigned scale)
{
	int ids[TAKERS];
	unsigned given = TOKENS * scale;
	uint32_t seed = scale;

	taken = 0;
	enough = false;
	semaphore_init(&tokens, 0);
	for (unsigned i = 0; i < TAKERS; i++)
		CHECK((ids[i] = thread_spawn(take, (void *)(uintptr_t)i)) > 0, "no thread");
	for (unsigned i = 0; i < given; i++) {
		semaphore_release(&tokens);
		if (random_next(&seed) % 4 == 0)
			thread_yield();
	}
	enough = true;
	for (unsigned i = 0; i < TAKERS; i++)
		CHECK(!thread_join(ids[i]), "a thread cannot be joined");
	CHECK(taken + (unsigned)semaphore_count(&tokens) == given, "a token is lost");
	return NULL;
}

/* A robust mutex of each victim's own, and one that all want. */
static pthread_mutex_t own[VICTIMS], common;
static struct semaphore never;

static void take_robust(pthread_mutex_t *mutex)
{
	if (pthread_mutex_lock(mutex) == EOWNERDEAD)
		pthread_mutex_consistent(mutex);
}

static void hold_and_wait(void *arg)
{
	take_robust(arg);
	for (;;)
		semaphore_acquire(&never);
}

/* On as many CPUs as there are these run, the others are ready. */
static void hold_and_compute(void *arg)
{
	take_robust(arg);
	for (;;)
		;
}

static void want_and_hold(void *arg)
{
	take_robust(arg);
	for (;;) {
		take_robust(&common);
		thread_yield();
		pthread_mutex_unlock(&common);
	}
}

static const char *kill_all(unsigned round)
{
	static void (*const ways[])(void *) = {hold_and_wait, hold_and_compute, want_and_hold};
	int ids[VICTIMS];

	for (unsigned i = 0; i < VICTIMS; i++)
		CHECK((ids[i] = thread_spawn(ways[i % 3], &own[i])) > 0, "no thread");
	if (round % 2)
		thread_sleep_ms(round % 5);
	for (unsigned i = 0; i < VICTIMS; i++)
		CHECK(!thread_kill(ids[i]), "a thread cannot be killed");
	for (unsigned i = 0; i < VICTIMS; i++)
		CHECK(!thread_join(ids[i]), "a thread cannot be joined");
	return NULL;
}

static const char *kills(unsigned scale)
{
	pthread_mutexattr_t robust;
	const char *why = NULL;

	pthread_mutexattr_init(&robust);
	pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&common, &robust);
	for (unsigned i = 0; i < VICTIMS; i++)
		pthread_mutex_init(&own[i], &robust);
	semaphore_init(&never, 0);
	for (unsigned round = 0; !why && round < 2 * scale; round++) {
		why = kill_all(round);
		take_robust(&common);
		pthread_mutex_unlock(&common);
		for (unsigned i = 0; i < VICTIMS; i++) {
			take_robust(&own[i]);
			pthread_mutex_unlock(&own[i]);
		}
	}
	return why;
}

const struct stress native_stress[] = {
	{"native_pairs", pairs},
	{"native_timeouts", timeouts},
	{"kills", kills},
	{NULL, NULL},
};
