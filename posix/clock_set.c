/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting the clock: who waits for a time of day waits until the clock shows it. */
#include <errno.h>
#include <time.h>

#include <base/guard.h>
#include <kernel/clock.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

struct mutex clock_set_lock = MUTEX_INIT(clock_set_lock);

void (*timers_clock_was_set)(int64_t forward_ns);
void (*timerfds_clock_was_set)(int64_t forward_ns);

/* It looks at the clock again. A thread that begins to wait now sees the new time. */
static void look_again(const struct thread *thread, void *unused)
{
	(void)unused;
	if (__atomic_load_n(&thread->waits_for_date, __ATOMIC_SEQ_CST))
		thread_interrupt((struct thread *)thread, PENDING_SIGNAL);
}

long sys_clock_settime(int clock, const struct timespec *now)
{
	int64_t forward_ns;
	uint64_t ns;
	int error;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	error = time_copy_in(now, &ns);
	if (error)
		return error;
	if (ns > INT64_MAX)
		return -EINVAL;
	signal_enable();
	GUARD(mutex, &clock_set_lock);
	forward_ns = clock_set_realtime_ns(ns);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	thread_for_each(look_again, NULL);
	if (timers_clock_was_set)
		timers_clock_was_set(forward_ns);
	if (timerfds_clock_was_set)
		timerfds_clock_was_set(forward_ns);
	return 0;
}
