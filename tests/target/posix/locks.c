/* SPDX-License-Identifier: BSD-2-Clause */
/* Read-write locks, spinlocks and barriers. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <time.h>
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

/* A thread with its priority of SCHED_FIFO, 0: none. */
struct urgent {
	int priority, error;
	void *(*run)(void *arg);
	volatile int begun, done;
	pthread_t thread;
};

static void *urgent_main(void *arg)
{
	struct urgent *self = arg;
	struct sched_param param = {.sched_priority = self->priority};
	cpu_set_t one;

	/* All on one CPU: on several, those who wake at once race. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	EXPECT(!pthread_setaffinity_np(pthread_self(), sizeof(one), &one));
	EXPECT(!pthread_setschedparam(pthread_self(), self->priority ? SCHED_FIFO : SCHED_OTHER,
				      &param));
	self->begun = gettid();
	self->run(self);
	self->done = 1;
	return NULL;
}

static void *write_once(void *arg)
{
	struct urgent *self = arg;
	struct timespec soon;

	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec += self->error ? 0 : 60;
	self->error = pthread_rwlock_timedwrlock(&rwlock, &soon);
	if (!self->error)
		pthread_rwlock_unlock(&rwlock);
	return NULL;
}

static void *read_once(void *arg)
{
	struct urgent *self = arg;

	self->error = pthread_rwlock_rdlock(&rwlock);
	if (!self->error)
		pthread_rwlock_unlock(&rwlock);
	return NULL;
}

/* Has it until `error` is 0 again. */
static void *read_held(void *arg)
{
	struct urgent *self = arg;

	EXPECT(!pthread_rwlock_rdlock(&rwlock));
	__atomic_store_n(&self->error, -1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&self->error, __ATOMIC_SEQ_CST))
		usleep(200);
	EXPECT(!pthread_rwlock_unlock(&rwlock));
	return NULL;
}

static void urgent_start(struct urgent *self)
{
	EXPECT(!pthread_create(&self->thread, NULL, urgent_main, self));
	while (!self->begun)
		usleep(200);
	until_it_waits(self->begun);
}

static void urgent_end(struct urgent *self, int error)
{
	EXPECT(!pthread_join(self->thread, NULL) && self->done && self->error == error);
}

/* A reader passes no real-time writer of its own or a higher priority. */
static void urgent_writers_first(void)
{
	struct urgent writer = {.priority = 5, .run = write_once};
	struct urgent equal = {.priority = 5, .run = read_once}, lower = {.run = read_once};
	struct urgent higher = {.priority = 6, .run = read_once};

	CHECK(!pthread_rwlock_rdlock(&rwlock));
	urgent_start(&writer);
	CHECK(pthread_rwlock_tryrdlock(&rwlock) == EBUSY);
	urgent_start(&equal);
	urgent_start(&lower);
	urgent_start(&higher);
	EXPECT(!writer.done && !equal.done && !lower.done && higher.done);
	CHECK(!pthread_rwlock_unlock(&rwlock));
	urgent_end(&writer, 0);
	urgent_end(&equal, 0);
	urgent_end(&lower, 0);
	urgent_end(&higher, 0);
	CHECK(!pthread_rwlock_trywrlock(&rwlock) && !pthread_rwlock_unlock(&rwlock));
}

/* In the order of priorities: one that has been let go first counts no more. */
static void urgent_ones_take_turns(void)
{
	struct urgent first = {.priority = 6, .run = write_once};
	struct urgent reader = {.priority = 5, .run = read_held},
		      last = {.priority = 4, .run = write_once};

	CHECK(!pthread_rwlock_wrlock(&rwlock));
	urgent_start(&first);
	urgent_start(&reader);
	urgent_start(&last);
	CHECK(!pthread_rwlock_unlock(&rwlock));
	urgent_end(&first, 0);
	while (!__atomic_load_n(&reader.error, __ATOMIC_SEQ_CST))
		usleep(200);
	usleep(2000);
	EXPECT(!last.done);
	__atomic_store_n(&reader.error, 0, __ATOMIC_SEQ_CST);
	urgent_end(&reader, 0);
	urgent_end(&last, 0);
}

/* When it gives up, who let it go first goes on. */
static void an_urgent_writer_gives_up(void)
{
	struct urgent writer = {.priority = 5, .run = write_once, .error = 1};
	struct urgent reader = {.priority = 5, .run = read_once};

	CHECK(!pthread_rwlock_rdlock(&rwlock));
	urgent_start(&writer);
	urgent_end(&writer, ETIMEDOUT);
	urgent_start(&reader);
	urgent_end(&reader, 0);
	CHECK(!pthread_rwlock_tryrdlock(&rwlock) && !pthread_rwlock_unlock(&rwlock));
	CHECK(!pthread_rwlock_unlock(&rwlock));
}

static void *unlock_of_others(void *arg)
{
	EXPECT(pthread_rwlock_unlock(&rwlock) == EPERM);
	return arg;
}

static void writers_are_known(void)
{
	pthread_t thread;

	CHECK(!pthread_rwlock_wrlock(&rwlock));
	CHECK(pthread_rwlock_rdlock(&rwlock) == EDEADLK);
	CHECK(!pthread_create(&thread, NULL, unlock_of_others, NULL));
	CHECK(!pthread_join(thread, NULL) && !pthread_rwlock_unlock(&rwlock));
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
	TEST(readers_and_writers),
	TEST(urgent_writers_first),
	TEST(urgent_ones_take_turns),
	TEST(an_urgent_writer_gives_up),
	TEST(writers_are_known),
	TEST(try_rwlock),
	TEST(spinlock),
	TEST(barrier),
	TEST_END,
};
const struct suite lock_suite = {"locks", tests};
