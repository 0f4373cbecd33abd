/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's exits to a program without signal handlers, once something may be pending for its
 * threads: an interruption (thread_interrupt()), the end (kill.c), a signal (signal_queue.c).
 */
#include <arch/cpu.h>
#include <kernel/thread.h>
#include <kernel/trap.h>

#include "signals.h"

void (*signal_leave)(struct trap_frame *frame);
void (*signal_take_default)(void);
void (*terminal_interrupt)(void);

static void take(uint32_t bits)
{
	__atomic_fetch_and(&thread_current()->pending, ~bits, __ATOMIC_SEQ_CST);
	if (signal_take_default)
		signal_take_default();
}

/* Who is to end has got -EINTR, and is ended by the C library or at a trap. */
static uintptr_t syscall_exit(long result)
{
	(void)result;
	take(PENDING_SIGNAL | PENDING_KILL);
	if (READ_ONCE(thread_current()->pending) & PENDING_LEAVE) {
		arch_irq_disable();
		signal_leave(NULL);
	}
	return 0;
}

static void trap_exited(struct trap_frame *frame, bool to_app)
{
	if (!to_app)
		return;
	take(PENDING_SIGNAL);
	if (READ_ONCE(thread_current()->pending) & PENDING_LEAVE)
		signal_leave(frame);
}

static bool fault(struct trap_frame *frame, const struct fault_info *info)
{
	(void)frame;
	(void)info;
	return false;
}

static const struct trap_hooks default_hooks = {syscall_exit, trap_exited, fault};

void trap_exit_enable(void)
{
	if (!trap_hooks)
		trap_hooks = &default_hooks;
}
