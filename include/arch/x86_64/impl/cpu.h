/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define ARCH_MACHINE "x86_64"

#include <kernel/offsets.h>

/*
 * GS holds the CPU's struct cpu. The current thread is read by one instruction through it, so a
 * thread that is moved between two instructions still reads its own; the compiler may keep the
 * value, which is the same wherever the thread runs.
 */
#define RFLAGS_IF 0x200UL

static inline void arch_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline struct irq_state arch_irq_save(void)
{
	struct irq_state state;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(state.bits)::"memory");
	return state;
}

static inline void arch_irq_restore(struct irq_state state)
{
	if (state.bits & RFLAGS_IF)
		arch_irq_enable();
}

static inline bool arch_irq_enabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags)::"memory");
	return flags & RFLAGS_IF;
}

static inline struct thread *arch_thread_current(void)
{
	struct thread *thread;

	__asm__("movq %%gs:%c1, %0" : "=r"(thread) : "i"(CPU_CURRENT));
	return thread;
}

static inline struct cpu *arch_cpu_current(void)
{
	struct cpu *cpu;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(cpu) : "i"(CPU_SELF));
	return cpu;
}

static inline void arch_cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* Registers are uncached: ordered with each other, and with stores [Intel SDM 3A 9.2]. */
static inline void arch_io_fence(void)
{
	__asm__ volatile("mfence" ::: "memory");
}

/* LFENCE so that it is not read early [Intel SDM 2B RDTSC]. */
static inline uint64_t arch_counter_read(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

/* In arch/x86_64/mmu.c: an idle CPU is left alone by those who change translations. */
void arch_cpu_idle(void);

/* For PROFILE=watch (arch/irq_watch.h). */
static inline bool arch_irq_state_on(struct irq_state state)
{
	return state.bits & RFLAGS_IF;
}

static inline void arch_cycles_enable(void)
{
}

static inline uint64_t arch_cycles_read(void)
{
	return arch_counter_read();
}

/* Where the caller of the function with this frame will return to; both have frame pointers. */
static inline uintptr_t arch_caller_return(const void *frame)
{
	return ((const uintptr_t *const *)frame)[0][1];
}
