/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping: never shorter than asked. */
#include <errno.h>
#include <time.h>

#include <kernel/clock.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

static long sleep_for(bool absolute, bool real, const struct timespec *time, struct timespec *left)
{
	uint64_t ns, deadline, now;
	int error = time_copy_in(time, &ns);

	if (error)
		return error;
	date_wait_begin(absolute && real);
	deadline = time_deadline(ns, absolute, real);
	while ((error = thread_sleep_until(deadline)) == -EINTR && !signal_interrupts())
		if (absolute)
			deadline = time_deadline(ns, absolute, real);
	date_wait_end();
	if (error == -EINTR && !absolute && left) {
		now = clock_monotonic_ns();
		if (time_copy_out(left, deadline > now ? deadline - now : 0))
			return -EFAULT;
	}
	return error;
}

long sys_nanosleep(const struct timespec *time, struct timespec *left)
{
	return sleep_for(false, false, time, left);
}

long sys_clock_nanosleep(int clock, int flags, const struct timespec *time, struct timespec *left)
{
	bool real;

	if (!time_clock(clock, &real))
		return clock == CLOCK_PROCESS_CPUTIME_ID ? -EOPNOTSUPP : -EINVAL;
	return sleep_for(flags & TIMER_ABSTIME, real, time, left);
}
