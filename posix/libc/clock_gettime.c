/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clocks that all read, without a system call, as Linux has it by its vdso: a pointer that is
 * wrong is the program's fault (SIGSEGV), not EFAULT.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "syscall.h"

#define NS_PER_S 1000000000u

__attribute__((__visibility__("hidden"))) uint64_t uk_clock_ns(bool real);

int __clock_gettime(clockid_t clock, struct timespec *now)
{
	uint64_t ns;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return (int)__syscall_ret((unsigned long)__syscall(SYS_clock_gettime, clock, now));
	ns = uk_clock_ns(clock == CLOCK_REALTIME);
	now->tv_sec = (time_t)(ns / NS_PER_S);
	now->tv_nsec = (long)(ns % NS_PER_S);
	return 0;
}

weak_alias(__clock_gettime, clock_gettime);
