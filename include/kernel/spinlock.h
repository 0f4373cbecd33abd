/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks. Holding one means interrupts are off: the holder cannot be preempted, may not block,
 * fault on application memory or call anything that may. FIFO (ticket), so that CPUs take turns.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>

/* Whole words: riscv64 has no atomic operation on less. */
struct spinlock {
	uint32_t next;
	uint32_t owner;
};

#define SPINLOCK_INIT {0, 0}

static inline void spinlock_acquire(struct spinlock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		arch_cpu_relax();
}

static inline void spinlock_release(struct spinlock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
}

/* Mask interrupts, then acquire; release, then put interrupts back. Any context. */
struct irq_state spinlock_lock(struct spinlock *lock);
void spinlock_unlock(struct spinlock *lock, struct irq_state state);
