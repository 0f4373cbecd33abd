/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. struct thread lies at the top of the thread's kernel stack. A thread is created NEW,
 * started READY, and ends DEAD: its id stays joinable until somebody joins or it is detached.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/list.h>
#include <kernel/offsets.h>
#include <kernel/sched.h>
#include <kernel/waitq.h>

#define THREAD_NAME_MAX	   16 /* with the ending zero */
#define PRIORITY_COUNT	   64 /* 0 is the lowest; 63 is for the kernel's own threads */
#define PRIORITY_DEFAULT   8
#define PRIORITY_REAL_TIME 16  /* levels from here on are for POLICY_FIFO and POLICY_RR */
#define THREAD_ID_FIRST	   100 /* id of the main thread; idle threads have 11, 22, … */

enum thread_state { THREAD_NEW, THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

/* Bits of thread->pending: what is served before the thread returns to application mode. */
#define PENDING_EXIT	1u  /* end the thread */
#define PENDING_SIGNAL	2u  /* a signal may be delivered */
#define PENDING_KILL	4u  /* the thread is asked to end at this safe point */
#define PENDING_RESCHED 8u  /* a more urgent thread is ready on this CPU */
#define PENDING_LEAVE	16u /* the thread is to end where a trap finds it (posix/kill.c) */
/* These end an interruptible wait. */
#define PENDING_INTERRUPT_MASK (PENDING_EXIT | PENDING_SIGNAL | PENDING_KILL)

struct thread {
	/* Known to assembly (offsets.h). */
	struct cpu *cpu;
	uintptr_t kernel_sp;
	uintptr_t app_tp;
	uint32_t pending; /* atomic */

	/* Guarded by the lock of its CPU's run queue. */
	uint8_t state;	  /* enum thread_state */
	uint8_t priority; /* the effective level */
	uint8_t special;  /* kernel/run_queue.h */
	bool kernel_only; /* never enters application mode; constant */
	struct list run_node;
	uint64_t run_started; /* counter value when it was last switched to */
	uint64_t run_total;   /* counts of all earlier runs */
	uint64_t slice_left;  /* counts, from run_started on */
	uint64_t affinity;    /* bit per CPU index it may run on */
	uint8_t base_priority;
	uint8_t policy; /* enum sched_policy */

	/* Set before start, constant after. */
	int32_t id;
	char name[THREAD_NAME_MAX];
	void (*entry)(void *arg); /* what it does in the kernel, perhaps NULL */
	void *arg;
	uintptr_t app_pc, app_sp, app_arg;
	uintptr_t app_fault_exit; /* function of the program that ends it after a fault, 0: none */

	/* Guarded by the thread table lock. */
	struct list table_node;
	bool detached, gone; /* gone: off its stack for good */
	int exit_status;

	/* Of the wait queue it is on (waitq.h). */
	struct waiter waiter;

	/* Guarded by inherit_lock (kernel/inherit.h). */
	struct thread *holder; /* has what the thread waits for; NULL: it does not wait */
	struct thread *donors, *next_donor; /* who waits for something of this one */
	uintptr_t waits_for;
	uint8_t lent;	 /* the highest of donors' levels and ceiling; read without the lock */
	uint8_t ceiling; /* of the mutexes it holds, 0: none */
	bool passed_on;	 /* at its end: it will not hold anything any more */

	/* Of the thread itself. */
	uint32_t *clear_child_tid; /* application word zeroed and woken at exit, NULL: none */
	uint64_t signal_mask;	   /* blocked; written by the thread alone */
	uint64_t signal_pending;   /* sent to this thread; atomic, written under signal_lock */
	uint64_t signal_waiting;   /* it waits for these in sigwait(); as above */
	uint64_t signal_resume;	   /* mask to go back to after sigsuspend() */
	uintptr_t signal_stack;	   /* sigaltstack() */
	size_t signal_stack_size;
	const unsigned char *kill_hold; /* byte of the program: not 0 while it may not end */
	bool signal_resumes;		/* signal_resume is valid */
	bool futex_interrupted;		/* the call was a futex wait: may end as if woken */
	bool waits_for_date; /* until a time of day: setting the clock interrupts it; atomic */
	uint32_t fault_depth;
	bool no_fill; /* it holds a spinlock and looks at the program's memory */
	bool ending;  /* past its last step in the program; atomic */
};

_Static_assert(sizeof(struct thread) <= THREAD_SIZE, "struct thread outgrew THREAD_SIZE");

struct thread_attr {
	const char *name;
	/* priority and policy are given; else PRIORITY_DEFAULT, POLICY_OTHER */
	bool explicit_priority;
	uint8_t priority, policy;
	bool detached;	   /* nobody will thread_join() it */
	uint64_t affinity; /* bit per CPU; 0: any */
	bool kernel_only;
	/* Application threads: */
	uintptr_t app_pc, app_sp, app_arg, app_tp;
	/* Kernel threads; of an application thread it may be NULL, and runs before the program. */
	void (*entry)(void *arg);
	void *arg;
	/* Called before the thread can run, with its id known. */
	void (*on_created)(struct thread *thread, void *arg);
	void *on_created_arg;
};

/* The running thread. Any context. */
static inline struct thread *thread_current(void)
{
	return arch_thread_current();
}

/* Create and start. 0 and the new thread in *thread (may be NULL); -ENOMEM, -EINVAL. Thread. */
int thread_create(const struct thread_attr *attr, struct thread **thread);

/*
 * The same in steps, for who fills in the rest: a thread of the usual priority that anybody may
 * forget; NULL: no memory. Then it gets its id and is in the table; then sched_wake(). Thread.
 */
struct thread *thread_new(void);
void thread_enter(struct thread *thread);

/* End the calling thread (kernel mode; what it holds must have been released). */
_Noreturn void thread_exit(int status);

/*
 * Wait for the end of thread `id`, once. 0, -ESRCH, -EINVAL (detached), -EDEADLK (self),
 * -ETIMEDOUT.
 */
int thread_join(int32_t id, int *status, uint64_t deadline_ns);
int thread_detach(int32_t id);

/*
 * Give way to a ready thread of equal or higher priority, if there is one. Returns 0: a system call
 * ends so.
 */
long thread_yield(void);

/* Sleep until clock_monotonic_ns() reaches the deadline; never shorter. 0 or -EINTR. */
int thread_sleep_until(uint64_t deadline_ns);

/*
 * Set bits in thread->pending. If the thread waits interruptibly it goes on with -EINTR; if it runs
 * on another CPU, that one is interrupted, so that it leaves application mode and sees them. Any
 * context; the thread cannot vanish meanwhile (it is the caller, or the table is locked). No wait
 * queue's lock is held.
 */
void thread_interrupt(struct thread *thread, uint32_t pending_bits);

/*
 * 0, -ESRCH, -EINVAL. thread_set_priority() takes the policy from the level: POLICY_RR from
 * PRIORITY_REAL_TIME on.
 */
int thread_set_priority(int32_t id, unsigned priority);
int thread_set_schedule(int32_t id, unsigned policy, unsigned priority, enum sched_order order);
int thread_set_affinity(int32_t id, uint64_t mask);

/* If it is ready, it becomes the first of its priority. 0, -ESRCH. */
int thread_to_front(int32_t id);

/* CPU time the thread has used, in ns. Any context. */
uint64_t thread_cpu_time_ns(const struct thread *thread);

/* The same of the calling thread, in counts of clock_span_ns(). */
uint64_t thread_own_counts(void);

/* Number of threads that are not dead, idle threads excluded. */
size_t thread_count(void);

/*
 * Snapshot for ps and crash reports: calls fn for each thread with the table locked; fn may not
 * block.
 */
void thread_for_each(void (*fn)(const struct thread *thread, void *arg), void *arg);

/* Upcall of arch: first C code of a new thread. */
_Noreturn void thread_entry(struct thread *previous);

/*
 * Upcall of the stubs: thread->pending was not 0 when leaving the kernel with this result. Thread's
 * kernel stack. Returns with interrupts off, so that nothing becomes pending unseen on the way out:
 * 0, or where to go on instead of in the stub (kernel/trap.h).
 */
uintptr_t syscall_exit_work(long result);

/* From sched_finish_switch(): a dead thread is off its stack. Interrupts off. */
void thread_release(struct thread *thread);

/*
 * The thread with an id, alive or not yet joined; NULL. Only valid while it cannot end. Any
 * context.
 */
struct thread *thread_find(int32_t id);

/*
 * Set up the idle thread of another CPU: not in the table, not queued. NULL if memory is out.
 */
struct thread *thread_create_idle(struct cpu *cpu);

/* Boot: make the running boot context the idle thread of the boot CPU. Very first C call. */
void thread_init_boot(void);
