/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX has no cycles: these are nanoseconds. */
#ifndef NOW_H
#define NOW_H

#include <stdint.h>
#include <time.h>

static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

#endif
