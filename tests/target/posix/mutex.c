/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <time.h>

#include "suite.h"

#define THREADS 4
#define ROUNDS	1000

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static long count;

static void *add(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&shared);
		count++;
		pthread_mutex_unlock(&shared);
	}
	return arg;
}

static void excludes(void)
{
	pthread_t threads[THREADS];

	count = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, add, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
	CHECK(count == THREADS * ROUNDS);
}

static void *try_shared(void *arg)
{
	*(int *)arg = pthread_mutex_trylock(&shared);
	if (!*(int *)arg)
		pthread_mutex_unlock(&shared);
	return NULL;
}

static void try_lock(void)
{
	pthread_t thread;
	int error = 0;

	pthread_mutex_lock(&shared);
	CHECK(!pthread_create(&thread, NULL, try_shared, &error));
	pthread_join(thread, NULL);
	pthread_mutex_unlock(&shared);
	CHECK(error == EBUSY);
	try_shared(&error);
	CHECK(!error);
}

static void kinds(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutex, &attr);
	CHECK(!pthread_mutex_lock(&mutex) && !pthread_mutex_lock(&mutex));
	CHECK(!pthread_mutex_unlock(&mutex) && !pthread_mutex_unlock(&mutex));
	CHECK(pthread_mutex_unlock(&mutex) == EPERM);
	pthread_mutex_destroy(&mutex);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex, &attr);
	CHECK(!pthread_mutex_lock(&mutex) && pthread_mutex_lock(&mutex) == EDEADLK);
	CHECK(!pthread_mutex_unlock(&mutex) && pthread_mutex_unlock(&mutex) == EPERM);
	pthread_mutex_destroy(&mutex);
}

static pthread_mutex_t robust;

static void *die_with_it(void *arg)
{
	pthread_mutex_lock(&robust);
	return arg;
}

static void owner_died(void)
{
	pthread_mutexattr_t attr;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	CHECK(!pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
	pthread_mutex_init(&robust, &attr);
	CHECK(!pthread_create(&thread, NULL, die_with_it, NULL));
	pthread_join(thread, NULL);
	CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
	CHECK(!pthread_mutex_consistent(&robust) && !pthread_mutex_unlock(&robust));
	CHECK(!pthread_mutex_lock(&robust) && !pthread_mutex_unlock(&robust));
	pthread_mutex_destroy(&robust);
}

static void *wait_a_while(void *arg)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 5 * MS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	*(int *)arg = pthread_mutex_timedlock(&shared, &until);
	return NULL;
}

static void timed_lock(void)
{
	uint64_t start = now_ns();
	pthread_t thread;
	int error = 0;

	pthread_mutex_lock(&shared);
	CHECK(!pthread_create(&thread, NULL, wait_a_while, &error));
	pthread_join(thread, NULL);
	pthread_mutex_unlock(&shared);
	CHECK(error == ETIMEDOUT);
	CHECK(now_ns() - start >= 5 * MS);
}

static const struct test tests[] = {
	TEST(excludes), TEST(try_lock), TEST(kinds), TEST(owner_died), TEST(timed_lock), TEST_END,
};
const struct suite mutex_suite = {"mutex", tests};
