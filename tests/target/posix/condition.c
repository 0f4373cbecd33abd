/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <time.h>

#include "suite.h"

#define THREADS 5
#define ITEMS	500

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, taken = PTHREAD_COND_INITIALIZER;
static int value, ready;
static long sum;

static void *wait_for_go(void *arg)
{
	pthread_mutex_lock(&mutex);
	ready++;
	pthread_cond_signal(&taken);
	while (!value)
		pthread_cond_wait(&changed, &mutex);
	sum += value;
	pthread_mutex_unlock(&mutex);
	return arg;
}

static void broadcast(void)
{
	pthread_t threads[THREADS];

	value = ready = 0;
	sum = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, wait_for_go, NULL));
	pthread_mutex_lock(&mutex);
	while (ready < THREADS)
		pthread_cond_wait(&taken, &mutex);
	value = 7;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(sum == THREADS * 7);
}

/* One place for an item: producer and consumer take turns. */
static void *consume(void *arg)
{
	for (int i = 0; i < ITEMS; i++) {
		pthread_mutex_lock(&mutex);
		while (!value)
			pthread_cond_wait(&changed, &mutex);
		sum += value;
		value = 0;
		pthread_cond_signal(&taken);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void turns(void)
{
	pthread_t thread;

	value = 0;
	sum = 0;
	CHECK(!pthread_create(&thread, NULL, consume, NULL));
	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&mutex);
		while (value)
			pthread_cond_wait(&taken, &mutex);
		value = i;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&mutex);
	}
	pthread_join(thread, NULL);
	CHECK(sum == (long)ITEMS * (ITEMS + 1) / 2);
}

static void time_over(clockid_t clock)
{
	pthread_condattr_t attr;
	pthread_cond_t condition;
	struct timespec until;
	uint64_t start = now_ns();
	int error;

	pthread_condattr_init(&attr);
	CHECK(!pthread_condattr_setclock(&attr, clock));
	pthread_cond_init(&condition, &attr);
	clock_gettime(clock, &until);
	until.tv_nsec += 7 * MS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	error = pthread_cond_timedwait(&condition, &mutex, &until);
	pthread_mutex_unlock(&mutex);
	pthread_cond_destroy(&condition);
	CHECK(error == ETIMEDOUT);
	CHECK(now_ns() - start >= 7 * MS);
}

static void time_over_monotonic(void)
{
	time_over(CLOCK_MONOTONIC);
}

static void time_over_realtime(void)
{
	time_over(CLOCK_REALTIME);
}

static const struct test tests[] = {
	TEST(broadcast), TEST(turns), TEST(time_over_monotonic), TEST(time_over_realtime), TEST_END,
};
const struct suite condition_suite = {"condition", tests};
