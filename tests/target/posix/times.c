/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

#define THREADS 4

static uint64_t ns_of(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now)
		       ? 0
		       : (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *look_at_clock(void *arg)
{
	uint64_t last = now_ns();

	for (int i = 0; i < 3000; i++) {
		uint64_t now = now_ns();

		EXPECT(now >= last);
		last = now;
		if (i % 100 == 0)
			sched_yield();
	}
	return arg;
}

static void never_goes_back(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, look_at_clock, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void clocks(void)
{
	static const clockid_t like_monotonic[] = {CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
						   CLOCK_BOOTTIME};
	uint64_t begin = now_ns();
	uint64_t real = ns_of(CLOCK_REALTIME), coarse = ns_of(CLOCK_REALTIME_COARSE);
	uint64_t between = now_ns() - begin;
	struct timespec resolution;
	struct timeval day;

	for (int i = 0; i < 3; i++) {
		uint64_t before = now_ns(), now = ns_of(like_monotonic[i]);

		CHECK(now >= before && now <= now_ns());
	}
	CHECK(coarse >= real && coarse - real <= between + MS);
	CHECK(!gettimeofday(&day, NULL));
	CHECK((uint64_t)day.tv_sec >= real / 1000000000 && day.tv_usec >= 0 &&
	      day.tv_usec < 1000000);
	CHECK((time_t)(real / 1000000000) <= time(NULL));
	CHECK(!clock_getres(CLOCK_MONOTONIC, &resolution) && !resolution.tv_sec &&
	      resolution.tv_nsec > 0 && resolution.tv_nsec <= 1000000);
	CHECK_ERRNO(clock_gettime(77, &resolution), EINVAL);
	CHECK_ERRNO(clock_getres(-1, &resolution), EINVAL);
}

/* 2020 to 2100: the emulated machines have clock chips. */
static void wall_clock(void)
{
	CHECK(time(NULL) > 1577836800 && time(NULL) < 4102444800);
}

static void sleeps_are_not_short(void)
{
	static const uint64_t lengths[] = {0, 1, 1000, 50000, 999999, 3000000, 20000000};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct timespec time = {0, (long)lengths[i]}, until;
		uint64_t start = now_ns();

		CHECK(!nanosleep(&time, NULL) && now_ns() - start >= lengths[i]);
		start = now_ns();
		CHECK(!clock_nanosleep(CLOCK_REALTIME, 0, &time, NULL) &&
		      now_ns() - start >= lengths[i]);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (long)lengths[i];
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
		CHECK(now_ns() >= (uint64_t)until.tv_sec * 1000000000 + (uint64_t)until.tv_nsec);
	}
}

static void sleeps_that_cannot_be(void)
{
	struct timespec bad = {0, -1}, negative = {-1, 0}, past = {0, 0};

	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	CHECK_ERRNO(nanosleep(&negative, NULL), EINVAL);
	CHECK(clock_nanosleep(99, 0, &past, NULL) == EINVAL);
	CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
}

static void *sleep_in_order(void *arg)
{
	long me = (long)arg;
	struct timespec time = {0, 20 * MS + me * 8 * MS};

	nanosleep(&time, NULL);
	return NULL;
}

static void many_sleepers(void)
{
	pthread_t threads[THREADS];
	uint64_t start = now_ns();

	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, sleep_in_order, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(now_ns() - start >= 20 * MS + (THREADS - 1) * 8 * MS);
}

static void *burn(void *arg)
{
	uint64_t start = ns_of(CLOCK_THREAD_CPUTIME_ID);

	while (ns_of(CLOCK_THREAD_CPUTIME_ID) - start < 10 * MS)
		;
	return arg;
}

static void *wait_for_sem(void *arg)
{
	while (sem_wait(arg))
		;
	return NULL;
}

/* Who sleeps takes no time: his clock comes to stand still. */
static void sleeping_is_free(void)
{
	pthread_t thread;
	clockid_t clock;
	uint64_t before;
	sem_t go;

	sem_init(&go, 0, 0);
	CHECK(!pthread_create(&thread, NULL, wait_for_sem, &go));
	CHECK(!pthread_getcpuclockid(thread, &clock));
	do {
		before = ns_of(clock);
		usleep(20000);
	} while (!before || ns_of(clock) != before);
	sem_post(&go);
	pthread_join(thread, NULL);
}

static void processor_time(void)
{
	/* In this order: the own time goes on between the two. */
	uint64_t own = ns_of(CLOCK_THREAD_CPUTIME_ID), all = ns_of(CLOCK_PROCESS_CPUTIME_ID);
	struct rusage usage;
	pthread_t thread;
	struct tms ticks;

	CHECK(own > 0 && all >= own);
	CHECK(!pthread_create(&thread, NULL, burn, NULL));
	pthread_join(thread, NULL);
	CHECK(ns_of(CLOCK_PROCESS_CPUTIME_ID) - all >= 10 * MS);
	CHECK(clock() > 0);
	CHECK(!getrusage(RUSAGE_SELF, &usage) &&
	      usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec >= 10000);
	CHECK(usage.ru_maxrss > 0);
	CHECK(times(&ticks) != (clock_t)-1);
}

static const struct test tests[] = {
	TEST(never_goes_back),
	TEST(clocks),
	TEST(wall_clock),
	TEST(sleeps_are_not_short),
	TEST(sleeps_that_cannot_be),
	TEST(many_sleepers),
	TEST(processor_time),
	TEST(sleeping_is_free),
	TEST_END,
};
const struct suite time_suite = {"times", tests};
