/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suites of tests in an image. A test is a function; CHECK() ends it, EXPECT() only notes the
 * failure (for threads other than the one that runs the tests). A test is run again to see that it
 * gives back all it takes: free frames, threads and descriptors must be what they were.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct test {
	const char *name;
	void (*run)(void);
	int keeps; /* frames it may keep for later each time */
};

#define TEST(function)                                                                             \
	{                                                                                          \
#function, function, 0                                                             \
	}
#define TEST_END                                                                                   \
	{                                                                                          \
		NULL, NULL, 0                                                                      \
	}

struct suite {
	const char *name;
	const struct test *tests; /* up to one without a name */
};

extern const struct suite string_suite, mutex_suite, condition_suite, lock_suite, pthread_suite,
	semaphore_suite, native_suite, futex_suite, time_suite, memory_suite, malloc_suite,
	pointer_suite, sched_suite, system_suite, fault_suite, sleeper_suite, natives_suite,
	bad_thread_suite, inherit_suite, kept_suite, stale_suite;

/* "why (file:line)" of the first failure of the running test. Any thread. */
void suite_fail(const char *why, const char *file, int line);

#define EXPECT(condition) ((condition) ? (void)0 : suite_fail(#condition, __FILE__, __LINE__))
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			suite_fail(#condition, __FILE__, __LINE__);                                \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* The call fails with that errno. */
#define CHECK_ERRNO(call, code)	 CHECK((errno = 0, (long)(call) == -1) && errno == (code))
#define EXPECT_ERRNO(call, code) EXPECT((errno = 0, (long)(call) == -1) && errno == (code))

/* Monotonic clock. */
uint64_t now_ns(void);
#define MS 1000000ull

/* Until the thread has run and sleeps, or has ended: on a busy host it may begin late. */
void until_it_waits(int id);

/* CPUs of the machine. */
int cpus(void);

unsigned long free_frames(void);
