/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suites about descriptors in an image, through the C library. A test is a function; CHECK() ends
 * it, EXPECT() only notes the failure (for threads other than the one that runs the tests). A test
 * is run again to see that it gives back all it takes: free frames, threads and descriptors must be
 * what they were.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct test {
	const char *name;
	void (*run)(void);
};

#define TEST(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}
#define TEST_END                                                                                   \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

struct suite {
	const char *name;
	const struct test *tests; /* up to one without a name */
};

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

/* Is the descriptor ready for `events` now: poll's answer. */
int ready(int fd, int events);

/* Threads that all run one function, with 0, 1, … as argument. */
#define THREADS_MAX 16
void threads_start(int count, void *(*work)(void *));
void threads_join(void);

/* An address that is nobody's. */
static inline void *bad_pointer(void)
{
	void *volatile nowhere = (void *)8;

	return nowhere; /* the compiler does not see what it is */
}
#define BAD_POINTER bad_pointer()
