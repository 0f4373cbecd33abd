/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: per-CPU queues of ready threads, fixed levels, inside one by policy. The choice is
 * O(1): one bit mask. Nothing ticks: the timer is set for the end of a slice only when somebody
 * waits for it.
 *
 * A thread has a base level, which is what was asked for, and an effective one, which the queues
 * use. They differ while it holds a lock for which others lend it theirs: that is computed by
 * whoever sets sched_effective_hook, and set by sched_set_effective().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <kernel/spinlock.h>

struct thread;
struct cpu;

#define SCHED_SLICE_NS 10000000ULL /* of POLICY_OTHER and POLICY_RR */

/* As POSIX's numbers: SCHED_OTHER, SCHED_FIFO, SCHED_RR. FIFO threads have no slice. */
enum sched_policy { POLICY_OTHER, POLICY_FIFO, POLICY_RR };

/* Where a thread comes among its new equals. */
enum sched_order {
	SCHED_ORDER_TAIL, /* last, as after sched_setparam() */
	/* last if raised, first if lowered, as after pthread_setschedprio() */
	SCHED_ORDER_BY_CHANGE,
};

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

/* The same with interrupts off. */
void sched_wake_masked(struct thread *thread);

/*
 * The same, from a system call, and where nobody else is as urgent, the CPU goes to the woken
 * thread at once: the caller comes next. Returns 0. Thread; interrupts are off, and on afterwards.
 */
long sched_hand_over(struct thread *thread);

/*
 * Give up the CPU. The caller has set its own state (READY, BLOCKED or DEAD); interrupts off.
 */
void sched_switch(void);

/* The running thread ends: thread_release() follows when it is off its stack. Interrupts off. */
_Noreturn void sched_exit(struct thread *self);

/* Switch if a more urgent thread is ready or the slice ended. From trap_exit(), interrupts off. */
void sched_preempt(void);

/* If the thread runs on another CPU, interrupt that one. Any context. */
void sched_kick(struct thread *thread);

/*
 * These change a thread with all that follows from it: a ready thread moves to its place among its
 * new equals, a waiting one likewise in its wait queue, a running one gives way to who is more
 * urgent now. Any context; no wait queue's lock is held; the thread cannot vanish.
 *
 * sched_set_effective() is for inheritance and ceilings: raised, a ready thread comes last, lowered
 * it comes first, and a running one keeps its turn among equals.
 */
void sched_set_effective(struct thread *thread, unsigned level);
void sched_set_base(struct thread *thread, unsigned policy, unsigned level, enum sched_order order);
void sched_set_affinity(struct thread *thread, uint64_t affinity);

/*
 * The effective level of a thread whose base level has just been set, if others lend it theirs;
 * NULL: nobody ever does. Called with a run queue's lock held.
 */
extern unsigned (*sched_effective_hook)(const struct thread *thread);

/* A full slice of the thread's policy, in counts. */
uint64_t sched_full_slice(const struct thread *thread);

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
