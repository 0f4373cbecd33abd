/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: per-CPU queues of ready threads, fixed priorities, round-robin inside one. The
 * choice is O(1): one bit mask. Nothing ticks: the timer is set for the end of a slice only when
 * somebody waits for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <kernel/spinlock.h>

struct thread;
struct cpu;

#define SCHED_SLICE_NS 10000000ULL

/*
 * Give a CPU its run queue; false if memory is out (not for the boot CPU). Before the CPU runs
 * threads.
 */
bool sched_init_cpu(struct cpu *cpu);

/* Boot table row, when the clock runs: the length of a slice. */
void sched_set_slice(void);

/*
 * Make a blocked or new thread ready; a remote CPU is interrupted when it should switch. Any
 * context.
 */
void sched_wake(struct thread *thread);

/*
 * Give up the CPU. The caller has set its own state (READY, BLOCKED or DEAD); interrupts off.
 */
void sched_switch(void);

/* Switch if a more urgent thread is ready or the slice ended. From trap_exit(), interrupts off. */
void sched_preempt(void);

/* If the thread runs on another CPU, interrupt that one. Any context. */
void sched_kick(struct thread *thread);

/* Set a thread's priority and affinity, with all that follows from it. Any context. */
void sched_update(struct thread *thread, unsigned priority, uint64_t affinity);

/* A ready thread becomes the first of its priority. Any context. */
void sched_to_front(struct thread *thread);

/*
 * First act of a thread that was switched to: lets go of the thread that ran before. Interrupts
 * off.
 */
void sched_finish_switch(struct thread *previous);

/* The time a thread has run, in counts. Any context. */
uint64_t sched_run_counts(struct thread *thread);

/* Idle loop of a CPU; never returns. */
_Noreturn void sched_idle(void);

/*
 * For the timer code: counter value at which the current slice ends, UINT64_MAX if nobody waits.
 * Interrupts off.
 */
uint64_t sched_slice_end(struct cpu *cpu);

/*
 * From the timer interrupt: asks for a switch if the slice is over, else returns when it will be
 * (UINT64_MAX: never; after a switch the timer is set anew).
 */
uint64_t sched_timer(struct cpu *cpu);
