/* SPDX-License-Identifier: BSD-2-Clause */
/* Several threads and one time: all wake, none early, and all CPUs agree what time it is. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

#define SLEEPERS 16
#define LOOKS	 20000

static uint64_t wake_at;
static uint64_t latest; /* the latest time that any thread has seen */

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

static void *sleep_until(void *arg)
{
	struct timespec until = timespec_of(wake_at);

	EXPECT(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
	EXPECT(now_ns() >= wake_at);
	return arg;
}

/* The original kept its sleepers by wake-up time: of two with the same one was lost. */
static void wake_together(unsigned count, bool apart)
{
	pthread_t threads[SLEEPERS];

	wake_at = now_ns() + 20 * MS;
	for (unsigned i = 0; i < count; i++) {
		CHECK(!pthread_create(&threads[i], NULL, sleep_until, NULL));
		if (apart) {
			cpu_set_t cpu;

			CPU_ZERO(&cpu);
			CPU_SET(i % (unsigned)cpus(), &cpu);
			pthread_setaffinity_np(threads[i], sizeof(cpu), &cpu);
		}
	}
	for (unsigned i = 0; i < count; i++)
		CHECK(!pthread_join(threads[i], NULL));
	EXPECT(now_ns() >= wake_at);
}

static void two_with_one_time(void)
{
	for (int round = 0; round < 10; round++)
		wake_together(2, false);
}

static void two_on_two_cpus(void)
{
	for (int round = 0; round < 10; round++)
		wake_together(2, true);
}

static void many_with_one_time(void)
{
	wake_together(SLEEPERS, false);
	wake_together(SLEEPERS, true);
}

static void *wait_until(void *arg)
{
	struct timespec until = timespec_of(wake_at);
	struct timespec now;

	while (!sem_timedwait(arg, &until))
		;
	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT(errno == ETIMEDOUT);
	EXPECT((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec >= wake_at);
	return NULL;
}

static void waiters_with_one_time(void)
{
	pthread_t threads[SLEEPERS];
	struct timespec now;
	sem_t sem;

	sem_init(&sem, 0, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	wake_at = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 20 * MS;
	for (int i = 0; i < SLEEPERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, wait_until, &sem));
	for (int i = 0; i < SLEEPERS; i++)
		CHECK(!pthread_join(threads[i], NULL));
}

static void *end_at_once(void *arg)
{
	return arg;
}

/* Also long after its end, and by the thread that ran in its place. */
static void join_of_an_ended_thread(void)
{
	pthread_t threads[4];
	void *value;

	for (intptr_t i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, end_at_once, (void *)i));
	usleep(20000);
	for (intptr_t i = 3; i >= 0; i--) {
		CHECK(!pthread_join(threads[i], &value));
		CHECK(value == (void *)i);
	}
}

/* Lengths around those where a counter of 32 bits or a division would round. */
static void no_sleep_is_short(void)
{
	static const uint64_t lengths[] = {
		0,    1,    2,	   15,	  16,	 17,	 99,	  100,	   101,	    999,    1000,
		1001, 9999, 10000, 65535, 65536, 999999, 1000000, 1000001, 4194304, 9999999};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct timespec length = timespec_of(lengths[i]);
		uint64_t begin = now_ns();

		CHECK(!nanosleep(&length, NULL));
		CHECK(now_ns() - begin >= lengths[i]);
		begin = now_ns();
		CHECK(!clock_nanosleep(CLOCK_REALTIME, 0, &length, NULL));
		CHECK(now_ns() - begin >= lengths[i]);
	}
}

static void *compare_clocks(void *arg)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET((unsigned)(uintptr_t)arg, &cpu);
	EXPECT(!pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu));
	for (int i = 0; i < LOOKS; i++) {
		uint64_t seen = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
		uint64_t now = now_ns();

		EXPECT(now >= seen);
		while (seen < now &&
		       !__atomic_compare_exchange_n(&latest, &seen, now, true, __ATOMIC_ACQ_REL,
						    __ATOMIC_ACQUIRE))
			;
	}
	return NULL;
}

static void cpus_agree_on_the_time(void)
{
	pthread_t threads[8];
	int count = cpus();

	latest = 0;
	for (intptr_t i = 0; i < count; i++)
		CHECK(!pthread_create(&threads[i], NULL, compare_clocks, (void *)i));
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static const struct test tests[] = {
	TEST(two_with_one_time),       TEST(two_on_two_cpus),
	TEST(many_with_one_time),      TEST(waiters_with_one_time),
	TEST(join_of_an_ended_thread), TEST(no_sleep_is_short),
	TEST(cpus_agree_on_the_time),  TEST_END,
};
const struct suite sleeper_suite = {"sleepers", tests};
