/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks. Holding one means interrupts are off: the holder cannot be preempted, may not block,
 * fault on application memory or call anything that may.
 *
 * Who comes first takes it, not who waits longest: in a virtual machine the CPU whose turn it is
 * may not be running, and all others would wait for it (with tickets, four CPUs on two cores stood
 * still).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <base/compiler.h>

/* Whole words: riscv64 has no atomic operation on less. */
struct spinlock {
	uint32_t held;
#ifdef DEBUG
	uintptr_t class; /* see kernel/lock_check.h */
#endif
};

#define SPINLOCK_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}

void spinlock_acquire(struct spinlock *lock);

#ifdef DEBUG
/* In kernel/lock_check.c, like spinlock_acquire(). */
void spinlock_release(struct spinlock *lock);
#define spinlock_acquire_here spinlock_acquire
#define spinlock_take	      spinlock_acquire
#else
/* Where each instruction counts; spinlock_acquire() is a call. */
static ALWAYS_INLINE void spinlock_acquire_here(struct spinlock *lock)
{
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			arch_cpu_relax();
}

/* Where it cannot be held: there is one CPU, and interrupts are off. */
static inline void spinlock_take(struct spinlock *lock)
{
	WRITE_ONCE(lock->held, 1);
}

static inline void spinlock_release(struct spinlock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}
#endif

/* Mask interrupts, then acquire; release, then put interrupts back. Any context. */
struct irq_state spinlock_lock(struct spinlock *lock);
void spinlock_unlock(struct spinlock *lock, struct irq_state state);
