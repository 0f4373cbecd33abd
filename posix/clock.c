/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading clocks. */
#include <errno.h>
#include <sys/time.h>
#include <time.h>

#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"

/*
 * Bit n: clock n shows the time of day; the time since boot. The rest has no time zone, leap
 * seconds or alarm.
 */
#define REAL_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_TAI)
#define BOOT_CLOCKS                                                                                \
	(1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_MONOTONIC_COARSE |        \
	 1u << CLOCK_BOOTTIME)

/*
 * A thread's clock has the number ~id * 8 + 6, a process's ~id * 8 + 2 [the C library's
 * pthread_getcpuclockid(), clock_getcpuclockid()].
 */
#define THREAD_CLOCK  6
#define PROCESS_CLOCK 2

static bool process_clock(int clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID ||
	       (clock < 0 && (clock & 7) == PROCESS_CLOCK &&
		(~(clock >> 3) == 0 || ~(clock >> 3) == sys_getpid()));
}

bool time_clock(int clock, bool *real)
{
	unsigned bit = clock < 0 || clock > 31 ? 0 : 1u << clock;

	*real = bit & REAL_CLOCKS;
	return bit & (REAL_CLOCKS | BOOT_CLOCKS);
}

int32_t clock_thread(int clock)
{
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return thread_current()->id;
	return clock < 0 && (clock & 7) == THREAD_CLOCK ? ~(clock >> 3) : 0;
}

int clock_read(int clock, uint64_t *ns)
{
	bool real;

	if (time_clock(clock, &real)) {
		*ns = real ? clock_realtime_ns() : clock_monotonic_ns();
		return 0;
	}
	if (!process_clock(clock) && clock != CLOCK_THREAD_CPUTIME_ID &&
	    (clock >= 0 || (clock & 7) != THREAD_CLOCK))
		return -EINVAL;
	return program_time(clock_thread(clock), ns);
}

long sys_clock_gettime(int clock, struct timespec *now)
{
	uint64_t ns;
	int error = clock_read(clock, &ns);

	return error ? error : time_copy_out(now, ns);
}

/* The counter is finer than a nanosecond, or nearly. */
long sys_clock_getres(int clock, struct timespec *resolution)
{
	uint64_t ns;
	int error = clock_read(clock, &ns);

	return error || !resolution ? error : time_copy_out(resolution, 1);
}

long sys_gettimeofday(struct timeval *now, struct timezone *zone)
{
	uint64_t us = clock_realtime_ns() / NS_PER_US;
	struct timeval time = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

	if (zone && user_zero(zone, 2 * sizeof(int)))
		return -EFAULT;
	return now ? user_copy_out(now, &time, sizeof(time)) : 0;
}
