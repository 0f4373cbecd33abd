/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread acquires what two others release, two and three times. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>

#include "tests.h"

#define ROUNDS_A 2
#define ROUNDS_B 3

static sem_t semaphore;

static void *acquire(void *arg)
{
	for (int i = 0; i < ROUNDS_A + ROUNDS_B; i++) {
		sem_wait(&semaphore);
		printf("[Acquire Thread] acquired success on round %d\n", i);
	}
	return arg;
}

static void *release(void *arg)
{
	for (int i = 0; i < (int)(long)arg; i++) {
		sem_post(&semaphore);
		sched_yield();
	}
	return NULL;
}

void test_semaphore(int rounds)
{
	void *(*const functions[])(void *) = {acquire, release, release};
	const long args[] = {0, ROUNDS_A, ROUNDS_B};
	pthread_t threads[3];

	(void)rounds;
	sem_init(&semaphore, 0, 0);
	for (int i = 0; i < 3; i++) {
		int error = pthread_create(&threads[i], NULL, functions[i], (void *)args[i]);

		if (error)
			test_fails("a thread cannot start", error);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	sem_destroy(&semaphore);
}
