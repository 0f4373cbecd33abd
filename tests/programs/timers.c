/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that sleep, share a mutex and meet at a barrier: interrupts, timers and CPUs work. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define THREADS 4
#define ROUNDS	10

static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void *work(void *arg)
{
	struct timespec ms = {0, 1000000};

	for (int i = 0; i < ROUNDS; i++) {
		nanosleep(&ms, NULL);
		pthread_mutex_lock(&mutex);
		total++;
		pthread_mutex_unlock(&mutex);
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

int main(void)
{
	pthread_t threads[THREADS];
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);

	long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;

	printf("total %d\n%s\n", total, ms >= ROUNDS ? "slept" : "did not sleep");
	return 0;
}
