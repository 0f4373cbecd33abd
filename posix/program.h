/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of posix/ about the program, its threads and time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <abi/start.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>

struct timespec;
struct timeval;

#define MAIN_STACK_SIZE UK_MAIN_STACK_SIZE

/* More is EAGAIN. */
#define PROGRAM_THREADS_MAX 2048

/* Threads of the program that have not ended; the last one's end is the program's. Atomic. */
extern uint32_t program_threads;

/* End the calling thread: tell who waits for it, then leave. */
_Noreturn void program_thread_end(int status);

/* How a thread other than the main one ends after a fault; registered before there is one. */
struct trap_frame;
void program_on_thread_fault(void (*ending)(struct trap_frame *frame));
void program_thread_faulted(struct trap_frame *frame);

/* FUTEX_REQUEUE works in full; before there is a second thread (posix/futex.c). */
void program_enable_requeue(void);

/* The futex operations of mutexes that inherit priority; NULL: they are not linked. */
extern long (*program_futex_pi)(uint32_t *word, int command, const struct timespec *timeout);

/* Called by a thread of the program at its end; NULL: it is not linked. */
extern void (*program_pass_on)(void);

/* The kernel's priority for a policy and a priority of POSIX; -EINVAL. */
int sched_level(int policy, int priority);

/* Processor time of a thread; stable only with interrupts off on its CPU. */
uint64_t program_thread_time_ns(const struct thread *thread);
/* That of the threads that have ended. Atomic. */
extern uint64_t program_ended_counts; /* for clock_span_ns() */
/*
 * That of thread `id`, or of all threads of the program (0). 0 or -EINVAL: there is no such thread.
 */
int program_time(int32_t id, uint64_t *ns);

/* Whose a clock of processor time is: a thread's, or 0. clock_read() says whether it is one. */
int32_t clock_thread(int clock);

/*
 * A time of the program in ns; what exceeds 584 years is DEADLINE_NEVER. 0, -EFAULT, or -EINVAL for
 * a negative time or a fraction that is none.
 */
int time_copy_in(const struct timespec *user, uint64_t *ns);
int time_copy_out(struct timespec *user, uint64_t ns);

/* Is it one of the clocks that can be waited for; *real: it shows the time of day. */
bool time_clock(int clock, bool *real);

/* What a clock shows, of whatever kind. 0 or -EINVAL: there is none of this number. */
int clock_read(int clock, uint64_t *ns);

/*
 * Around a wait for a time of day, time_deadline() included: in between, setting the clock ends
 * waits with -EINTR, which signal_interrupts() tells from a signal.
 */
static inline void date_wait_begin(bool date)
{
	__atomic_store_n(&thread_current()->waits_for_date, date, __ATOMIC_SEQ_CST);
}

static inline void date_wait_end(void)
{
	__atomic_store_n(&thread_current()->waits_for_date, false, __ATOMIC_RELAXED);
}

/* Timers that were set to a time of day are moved by so much; NULL: there are none. */
extern void (*timers_clock_was_set)(int64_t forward_ns);
extern void (*timerfds_clock_was_set)(int64_t forward_ns);

/*
 * Held while the clock is set and timers are moved, and while one is set to a time of day, from
 * time_deadline() on: none is moved twice, or not at all. Outside of all other locks.
 */
extern struct mutex clock_set_lock;

/* When the monotonic clock will show what is meant by `ns` from now, or at `ns` of the clock. */
uint64_t time_deadline(uint64_t ns, bool absolute, bool real);
