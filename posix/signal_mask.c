/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's signal mask. It is kept, but nothing is delivered that it could hold back (signal.c).
 */
#include <errno.h>
#include <signal.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"

long sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t sigmask_size)
{
	struct thread *self = thread_current();
	uint64_t mask = self->signal_mask, wanted;

	if (sigmask_size != sizeof(wanted))
		return -EINVAL;
	if (set) {
		if (user_copy_in(&wanted, set, sizeof(wanted)))
			return -EFAULT;
		if (how == SIG_BLOCK)
			mask |= wanted;
		else if (how == SIG_UNBLOCK)
			mask &= ~wanted;
		else if (how == SIG_SETMASK)
			mask = wanted;
		else
			return -EINVAL;
	}
	if (old && user_copy_out(old, &self->signal_mask, sizeof(*old)))
		return -EFAULT;
	self->signal_mask = mask;
	return 0;
}
