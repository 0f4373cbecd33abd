/* SPDX-License-Identifier: BSD-2-Clause */
/* The call itself, below the C library. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum {
	WAIT,
	WAKE,
	REQUEUE = 3,
	CMP_REQUEUE,
	WAIT_BITSET = 9,
	WAKE_BITSET,
	PRIVATE = 128,
	REALTIME = 256
};

static int word, other;

static long futex(int *at, int op, int value, const void *timeout, int *to, int value3)
{
	return syscall(SYS_futex, at, op, value, timeout, to, value3);
}

static void wrong_value(void)
{
	word = 3;
	CHECK_ERRNO(futex(&word, WAIT, 4, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex(&word, WAIT | PRIVATE, 2, NULL, NULL, 0), EAGAIN);
}

/* Only the lower half of an argument of 32 bits counts, and it has no sign. */
static void upper_bit(void)
{
	struct timespec none = {0, 0};

	word = INT_MIN;
	CHECK_ERRNO(syscall(SYS_futex, &word, WAIT, 0x80000000ul, &none, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(syscall(SYS_futex, &word, WAIT, -0x80000000l, &none, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(syscall(SYS_futex, &word, WAIT, 0x1280000000l, &none, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(syscall(SYS_futex, &word, WAIT, 0x80000001ul, &none, NULL, 0), EAGAIN);
}

static void relative_time(void)
{
	struct timespec time = {0, 3 * MS}, none = {0, 0}, bad = {0, 1000000000}, before = {-1, 0};
	uint64_t start = now_ns();

	word = 0;
	CHECK_ERRNO(futex(&word, WAIT, 0, &time, NULL, 0), ETIMEDOUT);
	CHECK(now_ns() - start >= 3 * MS && now_ns() - start < 3000 * MS);
	CHECK_ERRNO(futex(&word, WAIT | PRIVATE, 0, &none, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(futex(&word, WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, WAIT, 0, &before, NULL, 0), EINVAL);
}

static void absolute_time(void)
{
	static const struct {
		int op;
		clockid_t clock;
	} kinds[] = {{WAIT_BITSET, CLOCK_MONOTONIC}, {WAIT_BITSET | REALTIME, CLOCK_REALTIME}};

	word = 0;
	for (int i = 0; i < 2; i++) {
		struct timespec until, now, past = {0, 1};

		clock_gettime(kinds[i].clock, &until);
		until.tv_nsec += 4 * MS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		CHECK_ERRNO(futex(&word, kinds[i].op, 0, &until, NULL, -1), ETIMEDOUT);
		clock_gettime(kinds[i].clock, &now);
		CHECK(now.tv_sec > until.tv_sec ||
		      (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
		CHECK_ERRNO(futex(&word, kinds[i].op, 0, &past, NULL, -1), ETIMEDOUT);
		CHECK_ERRNO(futex(&word, kinds[i].op, 0, &past, NULL, 0), EINVAL);
	}
}

static void *sleep_on(void *arg)
{
	EXPECT(futex(arg, WAIT | PRIVATE, 0, NULL, NULL, 0) == 0 || errno == EAGAIN);
	return NULL;
}

/* Wakes until that many were woken: the threads get there in their own time. */
static void wake(int *at, int count)
{
	while (count > 0) {
		count -= (int)futex(at, WAKE, count, NULL, NULL, 0);
		sched_yield();
	}
}

static void wakes_exactly(void)
{
	pthread_t threads[4];

	word = 0;
	CHECK(futex(&word, WAKE, INT_MAX, NULL, NULL, 0) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, sleep_on, &word));
	usleep(3000);
	CHECK(futex(&word, WAKE, 0, NULL, NULL, 0) == 0);
	wake(&word, 1);
	wake(&word, 3);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(futex(&word, WAKE, INT_MAX, NULL, NULL, 0) == 0);
}

#define CROWD 1000

static unsigned long in_crowd;

static void *join_crowd(void *arg)
{
	__atomic_add_fetch(&in_crowd, 1, __ATOMIC_RELAXED);
	EXPECT(futex(arg, WAIT, 0, NULL, NULL, 0) == 0);
	return NULL;
}

/*
 * As many as there may be: one call wakes all that wait. What it may keep interrupts off for is
 * measured by the figure irqs_off_worst.
 */
static void wakes_a_crowd(void)
{
	static pthread_t threads[CROWD];
	pthread_attr_t small;
	long woken = 0;

	word = 0;
	CHECK(!pthread_attr_init(&small) && !pthread_attr_setstacksize(&small, 8192));
	for (int i = 0; i < CROWD; i++)
		CHECK(!pthread_create(&threads[i], &small, join_crowd, &word));
	while (__atomic_load_n(&in_crowd, __ATOMIC_RELAXED) < CROWD)
		sched_yield();
	/* Twenty of them sleep by now, or soon; no call wakes more than it is told to. */
	while (woken < 20) {
		long some = futex(&word, WAKE, 20 - (int)woken, NULL, NULL, 0);

		CHECK(some >= 0 && some <= 20 - woken);
		woken += some;
	}
	while (woken < CROWD) {
		woken += futex(&word, WAKE, INT_MAX, NULL, NULL, 0);
		sched_yield();
	}
	CHECK(woken == CROWD && futex(&word, WAKE, INT_MAX, NULL, NULL, 0) == 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	in_crowd = 0;
	pthread_attr_destroy(&small);
}

static void requeue(void)
{
	pthread_t threads[4];
	long done = 0;

	word = other = 0;
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, sleep_on, &word));
	CHECK_ERRNO(futex(&word, CMP_REQUEUE, 1, (void *)1, &other, 5), EAGAIN);
	/* All go to the other word; who is woken there ends. */
	while (done < 4) {
		done += futex(&word, CMP_REQUEUE | PRIVATE, 0, (void *)(long)INT_MAX, &other, 0);
		sched_yield();
	}
	CHECK(futex(&word, WAKE, INT_MAX, NULL, NULL, 0) == 0);
	CHECK(futex(&other, REQUEUE, 1, (void *)1, &word, 0) == 2);
	wake(&other, 2);
	wake(&word, 1);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void *sleep_shortly(void *arg)
{
	struct timespec time = {0, 2 * MS};

	for (int i = 0; i < 30; i++)
		futex(arg, WAIT, 0, &time, NULL, 0);
	return NULL;
}

/* Time runs out while others wake and move. */
static void timeouts_and_requeues(void)
{
	pthread_t threads[4];
	uint64_t end;

	word = other = 0;
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, sleep_shortly, i & 1 ? &other : &word));
	for (end = now_ns() + 40 * MS; now_ns() < end;) {
		futex(&word, REQUEUE, 1, (void *)2, &other, 0);
		futex(&other, REQUEUE, 1, (void *)2, &word, 0);
		sched_yield();
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void bad_words(void)
{
	static const int constant = 9;
	char *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(hole != MAP_FAILED);
	CHECK_ERRNO(futex((int *)((char *)&word + 1), WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex((int *)((char *)&word + 2), WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex((int *)hole, WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex((int *)hole, REQUEUE, 1, (void *)1, (int *)(hole + 2), 0), EFAULT);
	CHECK_ERRNO(futex((int *)&constant, WAIT, 8, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex(&word, 77, 0, NULL, NULL, 0), ENOSYS);
	munmap(hole, 4096);
}

static const struct test tests[] = {
	TEST(wrong_value),   TEST(upper_bit), TEST(relative_time),	   TEST(absolute_time),
	TEST(wakes_exactly), TEST(requeue),   TEST(timeouts_and_requeues), TEST(wakes_a_crowd),
	TEST(bad_words),     TEST_END,
};
const struct suite futex_suite = {"futexes", tests};
