/* SPDX-License-Identifier: BSD-2-Clause */
/* Read-write locks, spinlocks and barriers. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "suite.h"

#define THREADS 4
#define ROUNDS	200

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long a, b;
static int readers;

static void *read_pairs(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_rwlock_rdlock(&rwlock);
		__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		EXPECT(a == b);
		sched_yield();
		EXPECT(a == b);
		__atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		pthread_rwlock_unlock(&rwlock);
	}
	return arg;
}

static void *write_pairs(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_rwlock_wrlock(&rwlock);
		EXPECT(!__atomic_load_n(&readers, __ATOMIC_SEQ_CST));
		a++;
		sched_yield();
		b++;
		pthread_rwlock_unlock(&rwlock);
		sched_yield();
	}
	return arg;
}

static void readers_and_writers(void)
{
	pthread_t threads[THREADS];

	a = b = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, i ? read_pairs : write_pairs, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(a == ROUNDS && b == ROUNDS);
}

static void try_rwlock(void)
{
	CHECK(!pthread_rwlock_tryrdlock(&rwlock) && !pthread_rwlock_tryrdlock(&rwlock));
	CHECK(pthread_rwlock_trywrlock(&rwlock) == EBUSY);
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	CHECK(!pthread_rwlock_trywrlock(&rwlock));
	CHECK(pthread_rwlock_tryrdlock(&rwlock) == EBUSY);
	pthread_rwlock_unlock(&rwlock);
}

static pthread_spinlock_t spin;
static long spun;

static void *spin_add(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_spin_lock(&spin);
		spun++;
		pthread_spin_unlock(&spin);
	}
	return arg;
}

static void spinlock(void)
{
	pthread_t threads[THREADS];

	spun = 0;
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, spin_add, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(spun == THREADS * ROUNDS);
}

static pthread_barrier_t meeting;
static int arrived, serial;

static void *meet(void *arg)
{
	for (int i = 1; i <= ROUNDS; i++) {
		__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
		if (pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
		EXPECT(__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) >= i * THREADS);
		EXPECT(__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < (i + 1) * THREADS);
	}
	return arg;
}

static void barrier(void)
{
	pthread_t threads[THREADS];

	arrived = serial = 0;
	pthread_barrier_init(&meeting, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, meet, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&meeting);
	CHECK(arrived == THREADS * ROUNDS && serial == ROUNDS);
}

static const struct test tests[] = {
	TEST(readers_and_writers), TEST(try_rwlock), TEST(spinlock), TEST(barrier), TEST_END,
};
const struct suite lock_suite = {"locks", tests};
