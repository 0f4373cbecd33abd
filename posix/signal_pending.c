/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

long sys_rt_sigpending(uint64_t *set, size_t sigmask_size)
{
	struct thread *self = thread_current();
	uint64_t pending = (READ_ONCE(self->signal_pending) | READ_ONCE(signal_process_pending)) &
			   self->signal_mask;

	if (sigmask_size > sizeof(pending))
		return -EINVAL;
	return user_copy_out(set, &pending, sigmask_size);
}
