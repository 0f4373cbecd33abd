/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define ARCH_MACHINE "aarch64"

/* TPIDR_EL1 holds the current thread, whose first field is its CPU. */

static inline struct irq_state arch_irq_save(void)
{
	struct irq_state state;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #3" : "=r"(state.bits)::"memory");
	return state;
}

static inline void arch_irq_restore(struct irq_state state)
{
	__asm__ volatile("msr daif, %0" ::"r"(state.bits) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("msr daifclr, #3" ::: "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("msr daifset, #3" ::: "memory");
}

static inline bool arch_irq_enabled(void)
{
	unsigned long daif;

	__asm__ volatile("mrs %0, daif" : "=r"(daif));
	return !(daif & (1 << 7));
}

static inline struct thread *arch_thread_current(void)
{
	struct thread *thread;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(thread));
	return thread;
}

static inline struct cpu *arch_cpu_current(void)
{
	return *(struct cpu **)arch_thread_current();
}

static inline void arch_cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* Outer shareable: devices are not in the CPUs' own domain [ARM DDI 0487 B2.3.12]. */
static inline void arch_io_fence(void)
{
	__asm__ volatile("dmb osh" ::: "memory");
}

/* The virtual count; ISB so that it is not read early [ARM DDI 0487 D11.2.1]. */
static inline uint64_t arch_counter_read(void)
{
	uint64_t count;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count)::"memory");
	return count;
}

/* WFI wakes for a masked pending interrupt too, so none is lost before it is unmasked. */
static inline void arch_cpu_idle(void)
{
	__asm__ volatile("dsb sy\n\twfi\n\tmsr daifclr, #3" ::: "memory");
}

/* For PROFILE=watch (arch/irq_watch.h). */
static inline bool arch_irq_state_on(struct irq_state state)
{
	return !(state.bits & 1 << 7);
}

/* The cycle counter, of 64 bits and always counting [ARM DDI 0487 D11.11]. */
static inline void arch_cycles_enable(void)
{
	__asm__ volatile(
		"msr pmccfiltr_el0, %0\n\tmsr pmcntenset_el0, %1\n\tmsr pmcr_el0, %2" ::"r"(0UL),
		"r"(1UL << 31), "r"(1UL | 1UL << 6));
}

static inline uint64_t arch_cycles_read(void)
{
	uint64_t count;

	__asm__ volatile("mrs %0, pmccntr_el0" : "=r"(count)::"memory");
	return count;
}

/* Where the caller of the function with this frame will return to; both have frame pointers. */
static inline uintptr_t arch_caller_return(const void *frame)
{
	return ((const uintptr_t *const *)frame)[0][1];
}
