/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROFILE=watch only, from the end of arch/cpu.h: each change of the interrupt mask in C code tells
 * kernel/irq_watch.c (upcalls), which records the longest time they were off.
 *
 * impl/cpu.h defines for it: bool arch_irq_state_on(struct irq_state), the state that
 * arch_irq_save() returned where they were on; void arch_cycles_enable(void), for the calling CPU;
 * uint64_t arch_cycles_read(void), a counter that is exact to the instruction under QEMU's
 * -icount shift=0; and uintptr_t arch_caller_return(const void *frame). Traps, which change the
 * mask without C code, call begin and end themselves.
 */
#pragma once

/*
 * Interrupts went off, or are about to go on. Nothing happens if that is known already; begin says
 * whether it was not. Interrupts off.
 */
bool irq_watch_begin(void);
void irq_watch_stop(void);

/* No tail call: the caller's frame must be there. */
#define irq_watch_end() (irq_watch_stop(), (void)({ __asm__ volatile("" ::: "memory"); }))

static inline __attribute__((__always_inline__)) struct irq_state irq_watch_save(void)
{
	struct irq_state state = arch_irq_save();

	if (arch_irq_state_on(state))
		irq_watch_begin();
	return state;
}

static inline __attribute__((__always_inline__)) void irq_watch_restore(struct irq_state state)
{
	if (arch_irq_state_on(state))
		irq_watch_end();
	arch_irq_restore(state);
}

static inline __attribute__((__always_inline__)) void irq_watch_enable(void)
{
	irq_watch_end();
	arch_irq_enable();
}

static inline __attribute__((__always_inline__)) void irq_watch_disable(void)
{
	arch_irq_disable();
	irq_watch_begin();
}

#define arch_irq_save	 irq_watch_save
#define arch_irq_restore irq_watch_restore
#define arch_irq_enable	 irq_watch_enable
#define arch_irq_disable irq_watch_disable
