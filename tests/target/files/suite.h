/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of files in an image, through the C library. A test begins in an empty folder of its own,
 * which it leaves empty; it is run again to see that it gives back all memory it takes.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the tests are: on a disk, or in memory. */
#ifdef TEST_FOLDER
#define ON_DISK 1
#else
#define ON_DISK	    0
#define TEST_FOLDER "/tmp/test"
#endif

struct test {
	const char *name;
	void (*run)(void);
};

#define TEST(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

/* What FAT cannot do: links, permissions, holes, files of any size, a full machine. */
#define TEST_IN_MEMORY(function)                                                                   \
	{                                                                                          \
#function, ON_DISK ? NULL : function                                               \
	}

struct suite {
	const char *name;
	const struct test *tests; /* up to one without a name */
};

extern const struct suite data_suite, descriptor_suite, name_suite, directory_suite,
	attribute_suite, stdio_suite, device_suite, thread_suite, mapping_suite, space_suite,
	bad_argument_suite, object_suite;

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
#define CHECK_ERRNO(call, code) CHECK((errno = 0, (call) == -1) && errno == (code))

/* Make or replace a file; its contents as a string in a buffer of its own. */
bool put(const char *name, const char *text);
const char *get(const char *name);
