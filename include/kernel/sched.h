/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: per-CPU queues of ready threads, fixed priorities, round-robin inside one. The choice is
 * O(1): one bit mask. Nothing ticks: the timer is set for the end of a slice only when somebody waits for it.
 */
#pragma once

#include <stdint.h>

#include <kernel/spinlock.h>

struct thread;
struct cpu;

#define SCHED_SLICE_NS 10000000ULL

/* Boot CPU, then each CPU for itself. */
void sched_init_cpu(struct cpu *cpu);

/* Make a blocked or new thread ready; a remote CPU is interrupted when it should switch. Any context. */
void sched_wake(struct thread *thread);

/*
 * Give up the CPU. The caller has set its own state (READY to yield, BLOCKED, DEAD) by
 * sched_prepare_block(); interrupts off.
 */
void sched_switch(void);

/* Switch if a more urgent thread is ready or the slice ended. From trap_exit(), interrupts off. */
void sched_preempt(void);

/* Set a thread's priority and affinity, with all that follows from it. Any context. */
void sched_update(struct thread *thread, unsigned priority, uint64_t affinity);

/* First act of a thread that was switched to: lets go of the thread that ran before. Interrupts off. */
void sched_finish_switch(struct thread *previous);

/* Idle loop of a CPU; never returns. */
_Noreturn void sched_idle(void);

/* Called by the timer code: when the current slice ends, UINT64_MAX if nobody waits. Interrupts off. */
uint64_t sched_slice_end(struct cpu *cpu);
void sched_timer(struct cpu *cpu, uint64_t now_ns);
