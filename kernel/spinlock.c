/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common pair of spinlock operations, out of line: it stands in most functions of the kernel.
 */
#include <kernel/spinlock.h>

struct irq_state spinlock_lock(struct spinlock *lock)
{
	struct irq_state state = arch_irq_save();

	spinlock_acquire(lock);
	return state;
}

void spinlock_unlock(struct spinlock *lock, struct irq_state state)
{
	spinlock_release(lock);
	arch_irq_restore(state);
}
