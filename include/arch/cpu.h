/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every CPU offers: interrupt masking, the current thread, the counter, idling.
 *
 * The current thread is found by one instruction, so code that may be moved to another CPU between
 * two instructions still reads its own. The current CPU is only meaningful with interrupts off.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct thread;

/* Opaque, so that a saved state cannot be mistaken for a number. */
struct irq_state {
	unsigned long bits;
};

/*
 * impl/cpu.h defines ARCH_MACHINE, uname()'s name of the CPU family, and as static inline:
 *
 *   struct irq_state arch_irq_save(void);         mask interrupts, return what was
 *   void arch_irq_restore(struct irq_state);
 *   void arch_irq_enable(void);
 *   void arch_irq_disable(void);
 *   bool arch_irq_enabled(void);
 *   struct thread *arch_thread_current(void);     any context, from the first C line on
 *   struct cpu *arch_cpu_current(void);           interrupts off
 *   void arch_cpu_relax(void);                    in spin loops
 *   void arch_io_fence(void);                     accesses before it, to memory and to registers,
 *                                                 come before those behind it, for devices as well
 *   uint64_t arch_counter_read(void);             monotonic, constant rate, the same on all CPUs
 *   void arch_cpu_idle(void);                     called with interrupts off; waits for an
 *                                                 interrupt without losing one, returns with
 *                                                 interrupts on
 */
#include <impl/cpu.h>

/*
 * One-time set-up of the boot CPU after boot information is known: feature probing, write
 * protection, trap stacks. Early boot, interrupts off.
 */
void arch_cpu_init(void);

/* Rate of arch_counter_read() in Hz; 0 if the CPU cannot tell (then a clock chip calibrates). */
uint64_t arch_counter_rate(void);

/* Rate found elsewhere (device tree, calibration). Early boot. */
void arch_counter_set_rate(uint64_t hz);

/*
 * The per-CPU one-shot timer: interrupt no earlier than counter value `deadline`; UINT64_MAX: none.
 * A deadline in the past fires at once. Interrupts off, own CPU. The interrupt ends in
 * timer_interrupt() (kernel/timer.h).
 */
void arch_timer_set(uint64_t deadline);

/* Prepare the timer of the calling CPU. Interrupts off, after the interrupt controller is up. */
void arch_timer_init_cpu(void);

/* Fill `value` from a hardware source of randomness; false if there is none. Any context. */
bool arch_random(uint64_t *value);

/* Name of the CPU model for the banner, at most `size` bytes with the ending zero. Thread. */
void arch_cpu_name(char *buffer, unsigned size);

/*
 * Save all floating-point and vector state of the caller on the stack, call fn, put it back.
 * For preemption and for trap handlers that may block: the kernel itself uses no such registers.
 */
void arch_fpu_preserved_call(void (*fn)(void));

/* Where the interrupt mask changes without the functions above (traps, a thread's first entry). */
#ifdef IRQ_WATCH
#include <arch/irq_watch.h>
#else
#define irq_watch_begin() false
#define irq_watch_end()	  ((void)0)
#endif
