/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common pair of spinlock operations, out of line: it stands in most functions of the kernel.
 */
#include <kernel/lock_check.h>

#ifndef DEBUG
void spinlock_acquire(struct spinlock *lock)
{
	spinlock_acquire_here(lock);
}
#endif

struct irq_state spinlock_lock(struct spinlock *lock)
{
	struct irq_state state = arch_irq_save();

	lock_check_acquire(lock, LOCK_PLACE);
	return state;
}

void spinlock_unlock(struct spinlock *lock, struct irq_state state)
{
	spinlock_release(lock);
	arch_irq_restore(state);
}
