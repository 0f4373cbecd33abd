/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-shot timers of the monotonic clock. A timer belongs to the CPU that armed it. Callbacks run
 * in the timer interrupt with interrupts off and the queue's lock held: they may wake threads, not
 * arm or cancel timers. One that changes its timer's deadline_ns has it armed again for then.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <base/avl.h>

struct cpu;

struct timer {
	struct avl_node node;
	uint64_t deadline_ns;
	void (*fire)(struct timer *timer);
	struct cpu *cpu; /* where it is queued, NULL if not; guarded by that CPU's queue lock */
};

/* Boot CPU, then each CPU for itself. */
void timer_init_cpu(struct cpu *cpu);

/* Arm; must not be armed already. Any context. */
void timer_arm(struct timer *timer, uint64_t deadline_ns);

/* Disarm; afterwards the callback does not run and is not running. True if it had not fired. */
bool timer_cancel(struct timer *timer);

/* Upcall of arch: the CPU's timer fired. Interrupts off. */
void timer_interrupt(void);

/* Have timer_interrupt() run at this counter value or earlier. Interrupts off, own CPU. */
void timer_program(uint64_t counter);
