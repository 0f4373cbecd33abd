/* SPDX-License-Identifier: BSD-2-Clause */
/* What the suites about descriptors share, beside what those of ../posix have. */
#pragma once

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "../posix/suite.h"

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
