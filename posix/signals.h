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

/* From now on threads look at PENDING_SIGNAL, as they do once there was a signal. */
void signal_enable(void);

/*
 * What is pending and not blocked: is there anything that interrupts a call, or was that for
 * nothing? Thread.
 */
bool signal_interrupts(void);

/* Set the calling thread's mask; what it lets through is delivered at the end of the call. */
void signal_set_mask(uint64_t mask);

/* Set when the first signal becomes pending, NULL before. */
struct signal_hooks {
	void (*thread_ended)(void);    /* the calling thread takes no more signals */
	void (*blocked)(uint64_t set); /* it has just blocked these */
	bool (*interrupts)(void);
};
extern const struct signal_hooks *signal_hooks;

/* The calling thread's code in the program, interrupted; lies on its kernel stack. */
struct signal_context {
	struct trap_frame *frame;
	uint8_t *area; /* ARCH_FPU_BYTES, the floating-point state */
	/* Behind a call that was interrupted: */
	uintptr_t stub; /* to make it again, 0: cannot be made again */
	const uint64_t *args;
	bool interrupted;
};

/* Layout on the program's stack; the C library knows the first two. */
struct signal_frame;

/*
 * Have the program call the handler when it goes on. 0, or -EFAULT: its stack cannot take it. The
 * lock is not held.
 */
int signal_frame_push(struct signal_context *context, const struct signal_info *info,
		      const struct kernel_sigaction *action, uintptr_t restarted);
int signal_frame_pop(struct signal_context *context, uintptr_t at, uint64_t *mask,
		     uintptr_t *restarted);

/*
 * Deliver what is pending, a handler at most: the next one follows when this one returns. Ends the
 * thread if that is asked for.
 */
void signal_deliver(struct signal_context *context);

/*
 * For a thread that is to end (posix/kill.c): at the end of a call (NULL) or of a trap; else NULL.
 */
extern void (*signal_leave)(struct trap_frame *frame);

/* Where there are no handlers: of what is not blocked any more, end the program or drop it. */
extern void (*signal_take_default)(void);

/* From now on the kernel's exits look at what is pending (posix/trap_exit.c). */
void trap_exit_enable(void);

/* A handler is there: from now on the kernel's exits deliver. */
void signal_enable_handlers(void);

/* posix/trap_exit.c: sends SIGINT for ^C at the terminal, where there may be handlers. */
extern void (*terminal_interrupt)(void);

/* trap_hooks->fault() */
struct fault_info;
bool signal_fault(struct trap_frame *frame, const struct fault_info *info);

/* Is `sp` on the thread's alternative stack? */
bool signal_on_stack(const struct thread *thread, uintptr_t sp);

/* Of arch_syscall_exit_signal(), interrupts off. */
_Noreturn void signal_syscall_exit(struct trap_frame *frame, uintptr_t stub, const uint64_t *args);

/* Where a handler returns to (arch/<cpu>/app). */
void uk_signal_return(void);
