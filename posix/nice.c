/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nice value. It decides between processes, of which there is one: it is kept, and that is all
 * it can do. Threads have priorities of SCHED_FIFO and SCHED_RR.
 */
#include <errno.h>
#include <sys/resource.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <posix/syscalls.h>

#define NICE_MIN (-20)
#define NICE_MAX 19

static int32_t nice_value; /* atomic */

/* -ESRCH: nobody is meant. The user, the group and the process are one. */
static int find(int which, int who)
{
	if (which != PRIO_PROCESS && which != PRIO_PGRP && which != PRIO_USER)
		return -EINVAL;
	return who == 0 || (who == sys_getpid() && which != PRIO_USER) ? 0 : -ESRCH;
}

/* The C library expects 20 less the value, which is never negative. */
long sys_getpriority(int which, int who)
{
	int error = find(which, who);

	return error ? error : 20 - __atomic_load_n(&nice_value, __ATOMIC_RELAXED);
}

long sys_setpriority(int which, int who, int value)
{
	int error = find(which, who);

	if (!error)
		__atomic_store_n(&nice_value, MAX(NICE_MIN, MIN(NICE_MAX, value)),
				 __ATOMIC_RELAXED);
	return error;
}
