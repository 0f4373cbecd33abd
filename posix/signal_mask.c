/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's signal mask, which each thread of the program has: no more of signals is linked. */
#include <errno.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

uint64_t signal_process_pending;
const struct signal_hooks *signal_hooks;

bool signal_interrupts(void)
{
	return !signal_hooks || signal_hooks->interrupts();
}

void signal_set_mask(uint64_t mask)
{
	struct thread *self = thread_current();
	uint64_t blocked;

	mask &= ~SIGNAL_UNBLOCKABLE;
	blocked = mask & ~self->signal_mask;
	__atomic_store_n(&self->signal_mask, mask, __ATOMIC_SEQ_CST);
	/* Whoever sends sees the new mask, or we see what was sent. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if ((READ_ONCE(self->signal_pending) | READ_ONCE(signal_process_pending)) & ~mask)
		__atomic_fetch_or(&self->pending, PENDING_SIGNAL, __ATOMIC_RELAXED);
	if (blocked & READ_ONCE(signal_process_pending))
		signal_hooks->blocked(blocked);
}

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
	if (set)
		signal_set_mask(mask);
	return 0;
}
