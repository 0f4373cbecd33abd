/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an interrupt leaves for one of its own: the CPU interrupts itself, once for each piece of
 * work, so that whatever else is pending comes between, the timer above all.
 */
#include <arch/cpu.h>
#include <base/compiler.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>

/* Each is its CPU's own, with interrupts off; in the order they were asked for. */
static struct irq_again *first[CPU_MAX], *last[CPU_MAX];

static void run_one(struct cpu *cpu)
{
	struct irq_again *again = first[cpu->index];

	if (!again)
		return;
	first[cpu->index] = again->next;
	if (again->next)
		cpu_ask_self(run_one);
	__atomic_store_n(&again->asked, 0, __ATOMIC_SEQ_CST);
	again->run(again);
}

void irq_again(struct irq_again *again)
{
	struct irq_state state;
	unsigned cpu;

	if (__atomic_exchange_n(&again->asked, 1, __ATOMIC_SEQ_CST))
		return;
	state = arch_irq_save();
	cpu = cpu_self()->index;
	again->next = NULL;
	if (first[cpu])
		last[cpu]->next = again;
	else
		first[cpu] = again;
	last[cpu] = again;
	cpu_ask_self(run_one);
	arch_irq_restore(state);
}
