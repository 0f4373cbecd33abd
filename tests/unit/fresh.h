/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For files that keep state from boot on: FRESH_TEST(name) { … } runs in a child of its own, so
 * that every test finds what a boot finds.
 */
#ifndef UNIT_FRESH_H
#define UNIT_FRESH_H

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void fresh_run(void (*body)(void))
{
	int ends[2], status = 0;
	ssize_t got;
	pid_t child;

	if (pipe(ends))
		abort();
	fflush(stdout);
	child = fork();
	if (!child) {
		body();
		fflush(stdout);
		if (write(ends[1], unit_failure, sizeof(unit_failure)) < 0)
			abort();
		_exit(0);
	}
	close(ends[1]);
	got = read(ends[0], unit_failure, sizeof(unit_failure));
	close(ends[0]);
	waitpid(child, &status, 0);
	if (got != sizeof(unit_failure) || status)
		snprintf(unit_failure, sizeof(unit_failure), "the test's process ended with %#x",
			 (unsigned)status);
}

#define FRESH_TEST(test)                                                                           \
	static void test##_body(void);                                                             \
	TEST(test)                                                                                 \
	{                                                                                          \
		fresh_run(test##_body);                                                            \
	}                                                                                          \
	static void test##_body(void)

#endif
