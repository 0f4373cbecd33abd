/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads are cancelled wherever they are; what they hold is given back by their handlers. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define VICTIMS 12
#define ROUNDS	2 /* times the scale */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t never;
static unsigned handled;
static int pipe_ends[2];

static void unlock(void *arg)
{
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
	if (arg)
		pthread_mutex_unlock(arg);
}

static void *wait_for_semaphore(void *arg)
{
	pthread_cleanup_push(unlock, NULL);
	for (;;)
		sem_wait(&never);
	pthread_cleanup_pop(0);
	return arg;
}

static void *wait_for_condition(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(0);
	return arg;
}

static void *wait_for_time(void *arg)
{
	struct timespec hour = {3600, 0};

	pthread_cleanup_push(unlock, NULL);
	for (;;)
		nanosleep(&hour, NULL);
	pthread_cleanup_pop(0);
	return arg;
}

static void *wait_for_bytes(void *arg)
{
	char byte;

	pthread_cleanup_push(unlock, NULL);
	for (;;)
		(void)!read(pipe_ends[0], &byte, 1);
	pthread_cleanup_pop(0);
	return arg;
}

static void *never_wait(void *arg)
{
	pthread_cleanup_push(unlock, NULL);
	for (;;)
		pthread_testcancel();
	pthread_cleanup_pop(0);
	return arg;
}

static void *hold_and_yield(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&mutex);
		pthread_cleanup_push(unlock, &mutex);
		sched_yield();
		pthread_testcancel();
		pthread_cleanup_pop(0);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static const char *storm(void *(*const *ways)(void *), unsigned count, unsigned rounds)
{
	pthread_t victims[VICTIMS];
	uint32_t seed = count;

	sem_init(&never, 0, 0);
	CHECK(!pipe(pipe_ends), "no pipe");
	for (unsigned round = 0; round < rounds; round++) {
		handled = 0;
		for (unsigned i = 0; i < VICTIMS; i++)
			CHECK(!pthread_create(&victims[i], NULL, ways[i % count], NULL),
			      "no thread");
		if (random_next(&seed) % 2)
			usleep(random_next(&seed) % 2000);
		for (unsigned i = 0; i < VICTIMS; i++)
			CHECK(!pthread_cancel(victims[i]), "a thread cannot be cancelled");
		for (unsigned i = 0; i < VICTIMS; i++) {
			void *value = NULL;

			CHECK(!pthread_join(victims[i], &value), "a thread cannot be joined");
			CHECK(value == PTHREAD_CANCELED, "a thread was not cancelled");
		}
		CHECK(__atomic_load_n(&handled, __ATOMIC_RELAXED) == VICTIMS,
		      "a cleanup handler did not run, or ran twice");
		CHECK(!pthread_mutex_trylock(&mutex), "the mutex is not free");
		pthread_mutex_unlock(&mutex);
	}
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return NULL;
}

static const char *running(unsigned scale)
{
	static void *(*const ways[])(void *) = {never_wait, hold_and_yield};

	return storm(ways, 2, ROUNDS * scale);
}

static const char *blocked(unsigned scale)
{
	static void *(*const ways[])(void *) = {wait_for_semaphore, wait_for_condition,
						wait_for_time, wait_for_bytes};

	return storm(ways, 4, ROUNDS * scale);
}

const struct stress cancel_stress[] = {
	{"cancel_running", running},
	{"cancel_blocked", blocked},
	{NULL, NULL},
};
