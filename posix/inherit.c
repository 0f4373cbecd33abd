/* SPDX-License-Identifier: BSD-2-Clause */
/* What mutexes with PTHREAD_PRIO_INHERIT and PTHREAD_PRIO_PROTECT ask of the kernel. */
#include <errno.h>
#include <sched.h>

#include <kernel/futex.h>
#include <kernel/inherit.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

enum { FUTEX_LOCK_PI = 6, FUTEX_UNLOCK_PI = 7, FUTEX_TRYLOCK_PI = 8 };

/* The time-out is one of the time of day. */
static long operate(uint32_t *word, int command, const struct timespec *timeout)
{
	uint64_t until, deadline = DEADLINE_NEVER;
	long result;

	if (command == FUTEX_UNLOCK_PI)
		return futex_pi_unlock(word);
	if (command == FUTEX_TRYLOCK_PI)
		return futex_pi_lock(word, 0, true);
	if (command != FUTEX_LOCK_PI)
		return -ENOSYS;
	if (timeout) {
		int error = time_copy_in(timeout, &until);

		if (error)
			return error;
	}
	date_wait_begin(timeout);
	do {
		if (timeout)
			deadline = time_deadline(until, true, true);
		result = futex_pi_lock(word, deadline, false);
	} while (result == -EINTR && !signal_interrupts());
	date_wait_end();
	return result;
}

/* The first such mutex is about to be made. */
long sys_inherit_enable(void)
{
	inherit_enable();
	__atomic_store_n(&program_pass_on, futex_pi_thread_ended, __ATOMIC_RELEASE);
	__atomic_store_n(&program_futex_pi, operate, __ATOMIC_RELEASE);
	return 0;
}

/*
 * The caller's ceiling shall be `ceiling`, 0: none, because it is about to lock a mutex whose own
 * is `mutex`, 0: it is not. -EINVAL: its priority is above that.
 */
long sys_ceiling_set(int ceiling, int mutex)
{
	int level = ceiling ? sched_level(SCHED_FIFO, ceiling) : 0;
	int limit = mutex ? sched_level(SCHED_FIFO, mutex) : PRIORITY_COUNT;

	if (level < 0 || limit < 0 || thread_current()->base_priority > limit)
		return -EINVAL;
	inherit_set_ceiling((unsigned)level);
	return 0;
}
