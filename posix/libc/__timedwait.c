/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting until a time of a clock. The C library makes a span of it, which does not follow a clock
 * that is set meanwhile; here the kernel is told the time itself.
 */
#include <errno.h>
#include <time.h>

#include "pthread_impl.h"
#include "syscall.h"

#define WAIT_UNTIL 9 /* FUTEX_WAIT_BITSET */
#define ANY_BIT	   0xffffffffu

static volatile int no_handlers;
weak_alias(no_handlers, __eintr_valid_flag);

int __timedwait_cp(volatile int *word, int value, clockid_t clock, const struct timespec *until,
		   int private)
{
	int op = WAIT_UNTIL | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0) |
		 (private ? FUTEX_PRIVATE : 0);
	int error;

	if (until && (unsigned long)until->tv_nsec >= 1000000000)
		return EINVAL;
	if (until && until->tv_sec < 0)
		return ETIMEDOUT;
	error = (int)-__syscall_cp(SYS_futex, word, op, value, until, 0, ANY_BIT);
	if (error == EINTR && !__eintr_valid_flag)
		return 0;
	return error == EINTR || error == ETIMEDOUT || error == ECANCELED ? error : 0;
}

int __timedwait(volatile int *word, int value, clockid_t clock, const struct timespec *until,
		int private)
{
	int state, error;

	__pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	error = __timedwait_cp(word, value, clock, until, private);
	__pthread_setcancelstate(state, NULL);
	return error;
}
