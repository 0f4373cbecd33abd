/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of posix/ about signals. */
#pragma once

#include <signal.h>

#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/trap.h>
#include <posix/signal.h>

/* As the C library hands it over; only a processor that has SA_RESTORER has the field for it. */
struct kernel_sigaction {
	uintptr_t handler; /* SIG_DFL, SIG_IGN, or a function of the program */
	unsigned long flags;
#ifdef SA_RESTORER
	uintptr_t restorer; /* not used: the way back is ours */
#endif
	uint64_t mask;
#ifndef SA_RESTORER
	uintptr_t unused;
#endif
};

#define SIGNAL_UNBLOCKABLE (1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1))

/* All below is guarded by signal_lock; it is taken inside the thread table's lock. */
extern struct spinlock signal_lock;
extern struct kernel_sigaction signal_actions[SIGNAL_COUNT]; /* index: number - 1 */
extern uint64_t signal_process_pending; /* read without the lock to see whether to look closer */

/* signal_take() with the lock held. */
bool signal_take_locked(struct thread *self, uint64_t set, struct signal_info *out);

/* Set by who makes timers: a signal of one was taken. signal_lock is held. */
extern void (*signal_timer_taken)(int32_t timer, int32_t overrun);

/* Forget what is pending of these signals, everywhere: they are ignored now. Thread. */
void signal_drop(uint64_t set);

/* What a signal does when its action is SIG_DFL: nothing, or end the program. */
bool signal_ignored_by_default(int number);
_Noreturn void signal_end_program(int number);

/*
 * Have a thread take a signal that is pending for the process, if one can. Order of events: a
 * signal becomes pending and then somebody is looked for; who lets a signal through looks for what
 * is pending afterwards.
 */
void signal_elect(int number);

/* Set the calling thread's mask; what it lets through is delivered at the end of the call. */
void signal_set_mask(uint64_t mask);

/* Set when the first signal becomes pending, NULL before. */
struct signal_hooks {
	void (*thread_ended)(void);    /* the calling thread takes no more signals */
	void (*blocked)(uint64_t set); /* it has just blocked these */
};
extern const struct signal_hooks *signal_hooks;
