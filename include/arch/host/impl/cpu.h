/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions are arch/host/single.c's (one CPU that is never interrupted) or arch/host/sim.c's.
 */
#pragma once

#define ARCH_MACHINE "host"

struct irq_state arch_irq_save(void);
void arch_irq_restore(struct irq_state state);
void arch_irq_enable(void);
void arch_irq_disable(void);
bool arch_irq_enabled(void);
struct thread *arch_thread_current(void);
struct cpu *arch_cpu_current(void);
void arch_cpu_relax(void);
static inline void arch_io_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint64_t arch_counter_read(void);
void arch_cpu_idle(void);
