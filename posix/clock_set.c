/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting the clock. Who waits for a time of day goes on waiting for the moment it meant before. */
#include <errno.h>
#include <time.h>

#include <kernel/clock.h>
#include <posix/syscalls.h>

#include "program.h"

long sys_clock_settime(int clock, const struct timespec *now)
{
	uint64_t ns;
	int error;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	error = time_copy_in(now, &ns);
	if (error)
		return error;
	if (ns > INT64_MAX)
		return -EINVAL;
	clock_set_realtime_ns(ns);
	return 0;
}
