/* SPDX-License-Identifier: BSD-2-Clause */
/* What a signal does. */
#include <errno.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

/* POSIX: what is pending and becomes ignored is forgotten. */
static bool ignores(const struct kernel_sigaction *action, int signal)
{
	return action->handler == (uintptr_t)SIG_IGN ||
	       (action->handler == (uintptr_t)SIG_DFL && signal_ignored_by_default(signal));
}

long sys_rt_sigaction(int signal, const struct kernel_sigaction *act, struct kernel_sigaction *old,
		      size_t sigmask_size)
{
	struct kernel_sigaction next, before;
	struct irq_state state;

	if (signal < 1 || signal > SIGNAL_COUNT || sigmask_size != sizeof(uint64_t) ||
	    (act && SIGNAL_UNBLOCKABLE & signal_bit(signal)))
		return -EINVAL;
	if (act && user_copy_in(&next, act, sizeof(next)))
		return -EFAULT;
	state = spinlock_lock(&signal_lock);
	before = signal_actions[signal - 1];
	spinlock_unlock(&signal_lock, state);
	if (old && user_copy_out(old, &before, sizeof(before)))
		return -EFAULT;
	if (!act)
		return 0;
	next.mask &= ~SIGNAL_UNBLOCKABLE;
	state = spinlock_lock(&signal_lock);
	signal_actions[signal - 1] = next;
	if (next.handler > (uintptr_t)SIG_IGN)
		signal_enable_handlers();
	spinlock_unlock(&signal_lock, state);
	if (ignores(&next, signal))
		signal_drop(signal_bit(signal));
	return 0;
}
