/* SPDX-License-Identifier: BSD-2-Clause */
/* sigaltstack(): where handlers with SA_ONSTACK run, one for each thread. */
#include <errno.h>

#include <arch/signal.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

long sys_sigaltstack(const void *stack, void *old)
{
	struct thread *self = thread_current();
	bool inside = signal_on_stack(self, arch_app_sp(__builtin_frame_address(0)));
	stack_t next, before = {(void *)self->signal_stack, 0, self->signal_stack_size};

	if (stack && user_copy_in(&next, stack, sizeof(next)))
		return -EFAULT;
	before.ss_flags = !before.ss_size ? SS_DISABLE : inside ? SS_ONSTACK : 0;
	if (stack) {
		if (inside)
			return -EPERM;
		if (next.ss_flags & ~(SS_DISABLE | SS_ONSTACK))
			return -EINVAL;
		if (!(next.ss_flags & SS_DISABLE) && next.ss_size < MINSIGSTKSZ)
			return -ENOMEM;
	}
	if (old && user_copy_out(old, &before, sizeof(before)))
		return -EFAULT;
	if (stack) {
		bool off = next.ss_flags & SS_DISABLE;

		self->signal_stack = off ? 0 : (uintptr_t)next.ss_sp;
		self->signal_stack_size = off ? 0 : next.ss_size;
	}
	return 0;
}
