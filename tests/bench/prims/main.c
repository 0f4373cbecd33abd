/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls whose instructions tests/bench/run.py counts, ROUNDS times between two marks each.
 * Each is done a few times before, so that no first use is counted.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "mark.h"

#define ROUNDS	10000
#define WARM_UP 10

static volatile int finished;

static void *yielder(void *arg)
{
	while (!finished)
		sched_yield();
	return arg;
}

static void count_getppid(void)
{
	for (int i = 0; i < WARM_UP; i++)
		getppid();
	MARK(0);
	for (int i = 0; i < ROUNDS; i++)
		getppid();
	MARK(1);
}

/* Each round: a switch to the other thread, and its switch back. */
static int count_yield(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, yielder, NULL))
		return 1;
	for (int i = 0; i < WARM_UP; i++)
		sched_yield();
	MARK(2);
	for (int i = 0; i < ROUNDS; i++)
		sched_yield();
	MARK(3);
	finished = 1;
	return pthread_join(other, NULL);
}

int main(void)
{
	count_getppid();
	if (count_yield())
		return 1;
	printf("rounds %d\n", ROUNDS);
	return 0;
}
