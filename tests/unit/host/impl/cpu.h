/* SPDX-License-Identifier: BSD-2-Clause */
/* A unit test's process as a CPU: no interrupts, and waiting means that another thread gets its turn. */
#pragma once

#include <sched.h>

static inline struct irq_state arch_irq_save(void)
{
	return (struct irq_state){ 0 };
}

static inline void arch_irq_restore(struct irq_state state)
{
	(void)state;
}

static inline void arch_cpu_relax(void)
{
	sched_yield();
}
