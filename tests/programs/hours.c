/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleeps for hours of a machine whose time jumps to the next timer (--icount). Prints a line for
 * each sleep: it was not short, not much too long, and the clocks went on alike.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S	 1000000000ull
#define LATE	 (20 * S / 1000) /* what a wake-up and two readings may take */
#define SLEEPERS 8

static uint64_t ns_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * S + (uint64_t)now.tv_nsec;
}

static const char *judge(uint64_t asked, uint64_t slept, uint64_t real, uint64_t cpu)
{
	if (slept < asked)
		return "short";
	if (slept > asked + LATE)
		return "long";
	if (real + LATE < slept || real > slept + LATE)
		return "clocks differ";
	return cpu > asked / 100 + LATE ? "did not sleep" : "right";
}

static void sleep_for(uint64_t seconds)
{
	struct timespec length = {(time_t)seconds, 1};
	uint64_t begin = ns_of(CLOCK_MONOTONIC), real = ns_of(CLOCK_REALTIME);
	uint64_t cpu = ns_of(CLOCK_PROCESS_CPUTIME_ID);

	nanosleep(&length, NULL);
	printf("%llu s: %s\n", (unsigned long long)seconds,
	       judge(seconds * S + 1, ns_of(CLOCK_MONOTONIC) - begin, ns_of(CLOCK_REALTIME) - real,
		     ns_of(CLOCK_PROCESS_CPUTIME_ID) - cpu));
}

static uint64_t wake_at;

static void *sleep_until(void *arg)
{
	struct timespec until = {(time_t)(wake_at / S), (long)(wake_at % S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);

	uint64_t now = ns_of(CLOCK_MONOTONIC);

	if (now >= wake_at && now < wake_at + LATE)
		__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Arguments: for how many seconds to sleep, one after the other. */
int main(int argc, char **argv)
{
	pthread_t threads[SLEEPERS];
	int right = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		sleep_for(strtoull(argv[i], NULL, 10));
	wake_at = ns_of(CLOCK_MONOTONIC) + 600 * S;
	for (int i = 0; i < SLEEPERS; i++)
		pthread_create(&threads[i], NULL, sleep_until, &right);
	for (int i = 0; i < SLEEPERS; i++)
		pthread_join(threads[i], NULL);
	printf("%d of %d woke at one time\n", right, SLEEPERS);
	printf("up for %llu hours\n", (unsigned long long)(ns_of(CLOCK_MONOTONIC) / S / 3600));
	return 0;
}
