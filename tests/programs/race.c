/* SPDX-License-Identifier: BSD-2-Clause */
/* Two threads that spoil each other's counts, and what else no two runs have in common. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#define ROUNDS 3000000

static volatile uint32_t counter;

static void *count(void *arg)
{
	uint32_t work = (uint32_t)(uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t seen = counter;

		work = work * 1664525 + 1013904223;
		counter = seen + 1;
	}
	return (void *)(uintptr_t)work;
}

int main(void)
{
	struct timespec now;
	pthread_t threads[2];
	uint64_t random;

	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, count, (void *)i))
			return 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return 1;
	printf("lost %d at %ld.%09ld, %016lx\n", 2 * ROUNDS - (int)counter, (long)now.tv_sec,
	       now.tv_nsec, (unsigned long)random);
	return 0;
}
