/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static void affinity(void)
{
	cpu_set_t all, one, seen;

	CPU_ZERO(&all);
	CHECK(!sched_getaffinity(0, sizeof(all), &all) && CPU_COUNT(&all) == cpus());
	for (int cpu = 0; cpu < cpus(); cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK(!sched_setaffinity(0, sizeof(one), &one));
		CHECK(sched_getcpu() == cpu);
		CPU_ZERO(&seen);
		CHECK(!sched_getaffinity(0, sizeof(seen), &seen) && CPU_EQUAL(&seen, &one));
	}
	CHECK(!sched_setaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	CPU_SET(63, &one);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(one), &one), EINVAL);
	CHECK_ERRNO(sched_getaffinity(987654, sizeof(seen), &seen), ESRCH);
}

static void policies(void)
{
	struct sched_param param = {.sched_priority = 5};
	int policy;

	CHECK(sched_get_priority_min(SCHED_RR) == 1 && sched_get_priority_max(SCHED_RR) > 5);
	CHECK(!pthread_getschedparam(pthread_self(), &policy, &param) && policy == SCHED_OTHER &&
	      param.sched_priority == 0);
	param.sched_priority = 5;
	CHECK(!pthread_setschedparam(pthread_self(), SCHED_RR, &param));
	CHECK(!pthread_getschedparam(pthread_self(), &policy, &param) && policy == SCHED_RR &&
	      param.sched_priority == 5);
	param.sched_priority = 99;
	CHECK(pthread_setschedparam(pthread_self(), SCHED_RR, &param) == EINVAL);
	param.sched_priority = 0;
	CHECK(!pthread_setschedparam(pthread_self(), SCHED_OTHER, &param));
}

static volatile int stop;
static long spins[2];

static void *spin(void *arg)
{
	while (!stop)
		__atomic_add_fetch((long *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Two threads that never give way share a CPU. */
static void takes_the_cpu_away(void)
{
	cpu_set_t all, one;
	pthread_t threads[2];

	CPU_ZERO(&all);
	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(!sched_setaffinity(0, sizeof(one), &one));
	stop = 0;
	spins[0] = spins[1] = 0;
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, spin, &spins[i]));
	/* However late the host lets them: one that got nothing would be waited for in vain. */
	while (__atomic_load_n(&spins[0], __ATOMIC_RELAXED) <= 1000 ||
	       __atomic_load_n(&spins[1], __ATOMIC_RELAXED) <= 1000)
		usleep(1000);
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(!sched_setaffinity(0, sizeof(all), &all));
}

static double series(long start)
{
	double sum = 0;

	for (int i = 1; i < 20000; i++)
		sum += (double)start / i;
	return sum;
}

/* Floating point survives being interrupted and giving way. */
static void *compare_series(void *arg)
{
	double expected = series((long)arg);

	for (int i = 0; i < 30; i++) {
		EXPECT(series((long)arg) == expected);
		sched_yield();
	}
	return NULL;
}

static void floating_point(void)
{
	pthread_t threads[6];

	for (long i = 0; i < 6; i++)
		CHECK(!pthread_create(&threads[i], NULL, compare_series, (void *)(i * 1000 + 7)));
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
}

static const struct test tests[] = {
	TEST(affinity), TEST(policies), TEST(takes_the_cpu_away), TEST(floating_point), TEST_END,
};
const struct suite sched_suite = {"scheduling", tests};
