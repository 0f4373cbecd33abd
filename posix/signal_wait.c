/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for signals instead of being interrupted by them. */
#include <errno.h>

#include <kernel/clock.h>
#include <kernel/waitq.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

static void set_waiting(uint64_t set)
{
	struct irq_state state = spinlock_lock(&signal_lock);

	thread_current()->signal_waiting = set;
	spinlock_unlock(&signal_lock, state);
}

/*
 * Senders look at signal_waiting after they made the signal pending, we look for the signal after
 * setting it. One that comes at the last moment is taken still.
 */
static long wait_for(uint64_t set, uint64_t deadline, struct signal_info *info)
{
	long result = 0;

	int error;

	set_waiting(set);
	while (!signal_take(set, info) && !result) {
		/* Nobody wakes: thread_interrupt() ends it. */
		error = thread_sleep_until(deadline);
		if (!error || signal_interrupts())
			result = error ? -EINTR : -EAGAIN;
	}
	set_waiting(0);
	/* Others may wait for what we were chosen for. */
	if (set & READ_ONCE(signal_process_pending))
		signal_hooks->blocked(set);
	return info->number ? info->number : result;
}

long sys_rt_sigtimedwait(const uint64_t *set, void *user_info, const struct timespec *timeout,
			 size_t sigmask_size)
{
	struct signal_info info = {0};
	siginfo_t siginfo;
	uint64_t wanted, deadline = DEADLINE_NEVER;
	long number;
	int error;

	if (sigmask_size != sizeof(wanted))
		return -EINVAL;
	if (user_copy_in(&wanted, set, sizeof(wanted)))
		return -EFAULT;
	if (timeout) {
		error = time_copy_in(timeout, &deadline);
		if (error)
			return error;
		deadline = time_deadline(deadline, false, false);
	}
	number = wait_for(wanted & ~SIGNAL_UNBLOCKABLE, deadline, &info);
	if (number > 0 && user_info) {
		signal_info_layout(&info, &siginfo);
		if (user_copy_out(user_info, &siginfo, sizeof(siginfo)))
			return -EFAULT;
	}
	return number;
}

/* The mask is put back when a handler is called, or found to be unnecessary (signal_deliver()). */
long sys_rt_sigsuspend(const uint64_t *mask, size_t sigmask_size)
{
	struct thread *self = thread_current();
	uint64_t wanted;

	if (sigmask_size != sizeof(wanted))
		return -EINVAL;
	if (user_copy_in(&wanted, mask, sizeof(wanted)))
		return -EFAULT;
	self->signal_resume = self->signal_mask;
	self->signal_resumes = true;
	signal_set_mask(wanted);
	do
		thread_sleep_until(DEADLINE_NEVER);
	while (!signal_interrupts());
	return -EINTR;
}
