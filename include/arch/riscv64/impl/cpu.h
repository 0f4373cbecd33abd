/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define ARCH_MACHINE "riscv64"

#include <impl/csr.h>

/* sscratch holds the current thread, whose first field is its CPU. */

static inline struct irq_state arch_irq_save(void)
{
	struct irq_state state;

	__asm__ volatile("csrrci %0, sstatus, %1" : "=r"(state.bits) : "i"(SSTATUS_SIE) : "memory");
	return state;
}

/* Interrupts are off: only what was on is put back. */
static inline void arch_irq_restore(struct irq_state state)
{
	__asm__ volatile("csrs sstatus, %0" ::"r"(state.bits & SSTATUS_SIE) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, %0" ::"i"(SSTATUS_SIE) : "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("csrci sstatus, %0" ::"i"(SSTATUS_SIE) : "memory");
}

static inline bool arch_irq_enabled(void)
{
	return csr_read(CSR_SSTATUS) & SSTATUS_SIE;
}

/* Not volatile: the same for as long as the code that asks runs, on whichever CPU. */
static inline struct thread *arch_thread_current(void)
{
	struct thread *thread;

	__asm__("csrr %0, sscratch" : "=r"(thread));
	return thread;
}

static inline struct cpu *arch_cpu_current(void)
{
	return *(struct cpu *volatile *)arch_thread_current();
}

/*
 * Encoding of Zihintpause, a no-op elsewhere: `pause` is not known to the assembler for rv64imac.
 */
static inline void arch_cpu_relax(void)
{
	__asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

/* Memory and device registers are sets of their own for FENCE [RISC-V unprivileged 2.7]. */
static inline void arch_io_fence(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

static inline uint64_t arch_counter_read(void)
{
	uint64_t count;

	__asm__ volatile("rdtime %0" : "=r"(count)::"memory");
	return count;
}

/* In arch/riscv64/tlb.c: an idle hart is left alone by those who change translations. */
void arch_cpu_idle(void);

/* For PROFILE=watch (arch/irq_watch.h). */
static inline bool arch_irq_state_on(struct irq_state state)
{
	return state.bits & SSTATUS_SIE;
}

static inline void arch_cycles_enable(void)
{
}

static inline uint64_t arch_cycles_read(void)
{
	uint64_t count;

	__asm__ volatile("rdinstret %0" : "=r"(count)::"memory");
	return count;
}

/* Where the caller of the function with this frame will return to; both have frame pointers. */
static inline uintptr_t arch_caller_return(const void *frame)
{
	return ((const uintptr_t *const *)frame)[-2][-1];
}
