/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priority inversion and what bounds it: all threads on one CPU, first in, first out, and counted
 * is what the thread in the middle gets done while the urgent one waits.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum { LOW = 10, MIDDLE = 20, HIGH = 30, TOP = 45, MIDDLE_MOST = 2000000, SECTION = 20000 };

static pthread_mutex_t locks[3];
static sem_t locked;
static volatile long middle_count, seen;
static volatile int high_done;
static cpu_set_t all_cpus;

static void be(int priority)
{
	struct sched_param param = {.sched_priority = priority};

	EXPECT(!pthread_setschedparam(pthread_self(), priority ? SCHED_FIFO : SCHED_OTHER, &param));
}

/* The caller is the most urgent of CPU 0, and those it creates stay there. */
static void begin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	EXPECT(!sched_setaffinity(0, sizeof(one), &one));
	be(TOP);
	sem_init(&locked, 0, 0);
	middle_count = high_done = 0;
	seen = -1;
}

static void end(void)
{
	be(0);
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	sem_destroy(&locked);
}

static pthread_t start(int priority, void *(*fn)(void *), void *arg)
{
	struct sched_param param = {.sched_priority = priority};
	pthread_attr_t attr;
	pthread_t thread = NULL;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	EXPECT(!pthread_create(&thread, &attr, fn, arg));
	pthread_attr_destroy(&attr);
	return thread;
}

static void make(pthread_mutex_t *mutex, int protocol, int type, int robust, int ceiling)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	EXPECT(!pthread_mutexattr_setprotocol(&attr, protocol));
	EXPECT(!pthread_mutexattr_settype(&attr, type));
	EXPECT(!pthread_mutexattr_setrobust(&attr, robust));
	if (ceiling)
		EXPECT(!pthread_mutexattr_setprioceiling(&attr, ceiling));
	EXPECT(!pthread_mutex_init(mutex, &attr));
	pthread_mutexattr_destroy(&attr);
}

static void work(void)
{
	for (volatile int i = 0; i < SECTION; i++)
		;
}

/* Holds lock n, and needs lock n - 1 for what it does with it. */
static void *holder(void *arg)
{
	long n = (long)arg;

	EXPECT(!pthread_mutex_lock(&locks[n]));
	sem_post(&locked);
	if (n)
		EXPECT(!pthread_mutex_lock(&locks[n - 1]));
	work();
	if (n)
		EXPECT(!pthread_mutex_unlock(&locks[n - 1]));
	EXPECT(!pthread_mutex_unlock(&locks[n]));
	return NULL;
}

static void *middle(void *arg)
{
	while (!high_done && middle_count < MIDDLE_MOST)
		middle_count++;
	return arg;
}

static void *high(void *arg)
{
	pthread_mutex_t *mutex = arg;

	EXPECT(!pthread_mutex_lock(mutex));
	seen = middle_count;
	EXPECT(!pthread_mutex_unlock(mutex));
	high_done = 1;
	return NULL;
}

/* What the middle thread got done while the urgent one waited, through a chain of mutexes. */
static long inversion(long chain, int protocol)
{
	pthread_t threads[5];

	begin();
	for (long i = 0; i < chain; i++) {
		make(&locks[i], protocol, PTHREAD_MUTEX_DEFAULT, 0, 0);
		threads[i] = start(LOW + (int)i, holder, (void *)i);
		sem_wait(&locked);
	}
	threads[chain] = start(HIGH, high, &locks[chain - 1]);
	threads[chain + 1] = start(MIDDLE, middle, NULL);
	for (long i = 0; i < chain + 2; i++)
		pthread_join(threads[i], NULL);
	end();
	return seen;
}

/* That the test would see it. */
static void inversion_without_inheritance(void)
{
	CHECK(inversion(1, PTHREAD_PRIO_NONE) > 0);
}

static void inversion_is_bounded(void)
{
	CHECK(inversion(1, PTHREAD_PRIO_INHERIT) == 0);
}

static void inversion_through_a_chain(void)
{
	CHECK(inversion(3, PTHREAD_PRIO_INHERIT) == 0);
}

static void *timed_out(void *arg)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 2 * MS;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	EXPECT(pthread_mutex_timedlock(arg, &at) == ETIMEDOUT);
	return NULL;
}

/* Who gives up waiting takes back what it lent: then the middle thread runs first. */
static void a_time_out_takes_it_back(void)
{
	pthread_t waiter, between;

	begin();
	make(&locks[0], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_DEFAULT, 0, 0);
	pthread_mutex_lock(&locks[0]);
	waiter = start(TOP + 1, timed_out, &locks[0]);
	between = start(MIDDLE, middle, NULL);
	be(LOW);
	/* At TOP + 1 for 2 ms, and from then on behind the thread in the middle. */
	while (!middle_count)
		;
	high_done = 1;
	EXPECT(!pthread_mutex_unlock(&locks[0]));
	be(TOP);
	pthread_join(waiter, NULL);
	pthread_join(between, NULL);
	end();
}

static void *other_order(void *arg)
{
	int error;

	pthread_mutex_lock(&locks[1]);
	sem_post(&locked);
	error = pthread_mutex_lock(&locks[0]);
	if (!error)
		pthread_mutex_unlock(&locks[0]);
	pthread_mutex_unlock(&locks[1]);
	*(int *)arg = error;
	return NULL;
}

static void deadlock_is_found(void)
{
	int theirs = -1, ours;
	pthread_t thread;

	make(&locks[0], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ERRORCHECK, 0, 0);
	make(&locks[1], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ERRORCHECK, 0, 0);
	sem_init(&locked, 0, 0);
	CHECK(!pthread_mutex_lock(&locks[0]));
	CHECK(pthread_mutex_lock(&locks[0]) == EDEADLK);
	CHECK(!pthread_create(&thread, NULL, other_order, &theirs));
	sem_wait(&locked);
	ours = pthread_mutex_lock(&locks[1]);
	if (!ours)
		pthread_mutex_unlock(&locks[1]);
	CHECK(!pthread_mutex_unlock(&locks[0]));
	pthread_join(thread, NULL);
	CHECK((theirs == EDEADLK && !ours) || (!theirs && ours == EDEADLK));
}

static void *under_ceiling(void *arg)
{
	EXPECT(!pthread_mutex_lock(&locks[0]));
	sem_post(&locked); /* wakes the most urgent one, which starts others */
	work();
	*(long *)arg = middle_count;
	EXPECT(!pthread_mutex_unlock(&locks[0]));
	return NULL;
}

static void a_ceiling_holds(void)
{
	long during = -1;
	pthread_t threads[2];

	begin();
	make(&locks[0], PTHREAD_PRIO_PROTECT, PTHREAD_MUTEX_DEFAULT, 0, MIDDLE + 1);
	threads[0] = start(LOW, under_ceiling, &during);
	sem_wait(&locked);
	threads[1] = start(MIDDLE, middle, NULL);
	usleep(1000);
	pthread_join(threads[0], NULL);
	high_done = 1;
	pthread_join(threads[1], NULL);
	end();
	CHECK(during == 0);
}

static void ceilings_are_kept(void)
{
	struct timespec at = {0, 0};
	pthread_mutexattr_t attr;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	int value = 0;

	pthread_mutexattr_init(&attr);
	CHECK(!pthread_mutexattr_getprotocol(&attr, &value) && value == PTHREAD_PRIO_NONE);
	CHECK(pthread_mutexattr_setprotocol(&attr, 3) == EINVAL);
	CHECK(pthread_mutexattr_setprioceiling(&attr, 48) == EINVAL);
	CHECK(pthread_mutexattr_setprioceiling(&attr, 0) == EINVAL);
	CHECK(!pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
	CHECK(!pthread_mutexattr_getprotocol(&attr, &value) && value == PTHREAD_PRIO_INHERIT);
	CHECK(!pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT));
	CHECK(!pthread_mutexattr_setprioceiling(&attr, 20));
	CHECK(!pthread_mutexattr_getprotocol(&attr, &value) && value == PTHREAD_PRIO_PROTECT);
	CHECK(!pthread_mutexattr_getprioceiling(&attr, &value) && value == 20);
	CHECK(!pthread_mutex_init(&locks[0], &attr));
	CHECK(!pthread_mutex_getprioceiling(&locks[0], &value) && value == 20);
	CHECK(!pthread_mutex_setprioceiling(&locks[0], 21, &value) && value == 20);
	CHECK(pthread_mutex_setprioceiling(&locks[0], 99, &value) == EINVAL);
	be(22);
	value = pthread_mutex_lock(&locks[0]);
	be(0);
	CHECK(value == EINVAL);
	CHECK(!pthread_mutex_trylock(&locks[0]));
	CHECK(pthread_mutex_trylock(&locks[0]) == EBUSY);
	CHECK(pthread_mutex_timedlock(&locks[0], &at) == ETIMEDOUT);
	CHECK(pthread_cond_timedwait(&cond, &locks[0], &at) == ETIMEDOUT);
	CHECK(!pthread_mutex_unlock(&locks[0]));
	CHECK(pthread_mutex_unlock(&locks[0]) == EPERM);
	make(&locks[1], PTHREAD_PRIO_NONE, PTHREAD_MUTEX_DEFAULT, 0, 0);
	CHECK(pthread_mutex_getprioceiling(&locks[1], &value) == EINVAL);
	CHECK(pthread_mutex_setprioceiling(&locks[1], 5, &value) == EINVAL);
}

static int death_protocol;

static void *dies(void *arg)
{
	EXPECT(!pthread_mutex_lock(&locks[0]));
	sem_post(&locked);
	/* With a waiter: it is there in time on one CPU, where it is more urgent. */
	if (arg)
		usleep(3000);
	return NULL;
}

static void *dies_again(void *arg)
{
	EXPECT(pthread_mutex_lock(&locks[0]) == EOWNERDEAD);
	return arg;
}

/* The states a robust mutex can be left in. */
static void robust(void)
{
	pthread_t thread;

	for (int waiting = 0; waiting < 2; waiting++) {
		make(&locks[0], death_protocol, PTHREAD_MUTEX_DEFAULT, 1, 0);
		sem_init(&locked, 0, 0);
		CHECK(!pthread_create(&thread, NULL, dies, waiting ? &thread : NULL));
		sem_wait(&locked);
		CHECK(pthread_mutex_unlock(&locks[0]) == EPERM);
		CHECK(pthread_mutex_consistent(&locks[0]) != 0);
		if (!waiting)
			pthread_join(thread, NULL);
		CHECK(pthread_mutex_lock(&locks[0]) == EOWNERDEAD);
		CHECK(!pthread_mutex_consistent(&locks[0]));
		CHECK(pthread_mutex_consistent(&locks[0]) == EINVAL);
		CHECK(!pthread_mutex_unlock(&locks[0]));
		if (waiting)
			pthread_join(thread, NULL);
		CHECK(!pthread_mutex_lock(&locks[0]) && !pthread_mutex_unlock(&locks[0]));

		/* The second owner dies, too, and the third gives up. */
		CHECK(!pthread_create(&thread, NULL, dies, NULL));
		pthread_join(thread, NULL);
		CHECK(!pthread_create(&thread, NULL, dies_again, NULL));
		pthread_join(thread, NULL);
		CHECK(pthread_mutex_trylock(&locks[0]) == EOWNERDEAD);
		CHECK(!pthread_mutex_unlock(&locks[0]));
		CHECK(pthread_mutex_lock(&locks[0]) == ENOTRECOVERABLE);
		CHECK(pthread_mutex_trylock(&locks[0]) == ENOTRECOVERABLE);
		CHECK(!pthread_mutex_destroy(&locks[0]));
	}
}

static void robust_plain(void)
{
	death_protocol = PTHREAD_PRIO_NONE;
	robust();
}

static void robust_inheriting(void)
{
	death_protocol = PTHREAD_PRIO_INHERIT;
	robust();
}

static void robust_with_ceiling(void)
{
	death_protocol = PTHREAD_PRIO_PROTECT;
	robust();
}

static void *gives_up(void *arg)
{
	(void)arg;
	EXPECT(pthread_mutex_lock(&locks[0]) == ENOTRECOVERABLE);
	return NULL;
}

/* Who gives up a dead one's mutex tells those who wait. */
static void not_recoverable_for_waiters(void)
{
	pthread_t threads[3];

	make(&locks[0], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_DEFAULT, 1, 0);
	sem_init(&locked, 0, 0);
	CHECK(!pthread_create(&threads[0], NULL, dies, NULL));
	pthread_join(threads[0], NULL);
	CHECK(pthread_mutex_lock(&locks[0]) == EOWNERDEAD);
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, gives_up, NULL));
	usleep(2000);
	CHECK(!pthread_mutex_unlock(&locks[0]));
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static long shared;

static void *adds(void *arg)
{
	for (int i = 0; i < 500; i++) {
		EXPECT(!pthread_mutex_lock(&locks[0]));
		shared++;
		if (i % 50 == 0)
			sched_yield();
		EXPECT(!pthread_mutex_unlock(&locks[0]));
	}
	return arg;
}

/* Many threads of different levels, on all CPUs, and one that is cancelled while it waits. */
static void inheriting_excludes(void)
{
	pthread_t threads[8];

	make(&locks[0], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_DEFAULT, 0, 0);
	shared = 0;
	for (int i = 0; i < 8; i++)
		threads[i] = start(1 + i, adds, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK(shared == 4000);
	CHECK(!pthread_mutex_destroy(&locks[0]));
}

static const struct test tests[] = {
	TEST(inversion_without_inheritance),
	TEST(inversion_is_bounded),
	TEST(inversion_through_a_chain),
	TEST(a_time_out_takes_it_back),
	TEST(deadlock_is_found),
	TEST(a_ceiling_holds),
	TEST(ceilings_are_kept),
	TEST(robust_plain),
	TEST(robust_inheriting),
	TEST(robust_with_ceiling),
	TEST(not_recoverable_for_waiters),
	TEST(inheriting_excludes),
	TEST_END,
};

const struct suite inherit_suite = {"inherit", tests};
