/* SPDX-License-Identifier: BSD-2-Clause */
/* Two threads, and a thousand, that hand the CPU to each other. A round is there and back. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stddef.h>

#include <unishyper/sem.h>
#include <unishyper/thread.h>

#include "prims.h"

#define MANY	   1000
#define MANY_TURNS 20

static volatile int finished;
static struct semaphore ping = SEMAPHORE_INIT(0), pong = SEMAPHORE_INIT(0);
static sem_t posix_ping, posix_pong;

static void yielder(void *arg)
{
	(void)arg;
	while (!finished)
		thread_yield();
}

static int yield_pair(void)
{
	int id = thread_spawn(yielder, NULL), rounds;

	if (id < 0)
		return id;
	rounds = COUNT(thread_yield());
	finished = 1;
	thread_join(id);
	return rounds;
}

static void *posix_yielder(void *arg)
{
	while (!finished)
		sched_yield();
	return arg;
}

static int yield_pair_posix(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, posix_yielder, NULL), rounds;

	if (error)
		return -error;
	rounds = COUNT(sched_yield());
	finished = 1;
	pthread_join(thread, NULL);
	return rounds;
}

static void answerer(void *arg)
{
	(void)arg;
	for (;;) {
		semaphore_acquire(&ping);
		if (finished)
			return;
		semaphore_release(&pong);
	}
}

static int sem_pingpong(void)
{
	int id = thread_spawn(answerer, NULL), rounds;

	if (id < 0)
		return id;
	rounds = COUNT((semaphore_release(&ping), semaphore_acquire(&pong)));
	finished = 1;
	semaphore_release(&ping);
	thread_join(id);
	return rounds;
}

static void *posix_answerer(void *arg)
{
	for (;;) {
		sem_wait(&posix_ping);
		if (finished)
			return arg;
		sem_post(&posix_pong);
	}
}

static int sem_pingpong_posix(void)
{
	pthread_t thread;
	int error, rounds;

	sem_init(&posix_ping, 0, 0);
	sem_init(&posix_pong, 0, 0);
	error = pthread_create(&thread, NULL, posix_answerer, NULL);
	if (error)
		return -error;
	rounds = COUNT((sem_post(&posix_ping), sem_wait(&posix_pong)));
	finished = 1;
	sem_post(&posix_ping);
	pthread_join(thread, NULL);
	return rounds;
}

/* `ready` threads that yield in turn; the rounds are switches. */
static int yield_ring(int ready, int turns)
{
	static int ids[MANY];

	for (int i = 1; i < ready; i++) {
		ids[i] = thread_spawn(yielder, NULL);
		if (ids[i] < 0)
			return ids[i];
	}
	for (int i = 0; i < WARM_UP; i++)
		thread_yield();
	MARK(0);
	for (int i = 0; i < turns; i++)
		thread_yield();
	MARK(1);
	finished = 1;
	for (int i = 1; i < ready; i++)
		thread_join(ids[i]);
	return turns * ready;
}

static int switch_2(void)
{
	return yield_ring(2, MANY * MANY_TURNS / 2);
}

static int switch_1000(void)
{
	return yield_ring(MANY, MANY_TURNS);
}

const struct row switch_rows[] = {{"yield_pair", yield_pair},
				  {"yield_pair_posix", yield_pair_posix},
				  {"sem_pingpong", sem_pingpong},
				  {"sem_pingpong_posix", sem_pingpong_posix},
				  {"switch_2", switch_2},
				  {"switch_1000", switch_1000},
				  {NULL, NULL}};
