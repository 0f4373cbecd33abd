/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery: at the kernel's exits to the program, where the whole state of its code is at hand. A
 * system call that a signal interrupted has returned -EINTR to its stub; here it becomes a result
 * or is made again. Linked by sigaction().
 */
#include <errno.h>

#include <arch/signal.h>
#include <fault/report.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <mem/boot_map.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#include "signals.h"

/* The program has no stack left for what has to happen. */
static _Noreturn void end_for_stack(const struct trap_frame *frame)
{
	const struct fault_info info = {.kind = FAULT_STACK,
					.app = true,
					.address = arch_frame_sp(frame),
					.name = "no stack for a signal handler"};

	fault_report(frame, &info);
	process_exit(128 + SIGSEGV);
}

/* Take one signal and what to do with it; false if there is none. */
static bool next_signal(struct thread *self, struct signal_info *info,
			struct kernel_sigaction *action)
{
	struct irq_state state = spinlock_lock(&signal_lock);
	bool found;

	__atomic_fetch_and(&self->pending, ~PENDING_SIGNAL, __ATOMIC_SEQ_CST);
	found = signal_take_locked(self, ~self->signal_mask, info);
	if (found) {
		*action = signal_actions[info->number - 1];
		if (action->handler > (uintptr_t)SIG_IGN && action->flags & SA_RESETHAND)
			signal_actions[info->number - 1].handler = (uintptr_t)SIG_DFL;
	}
	spinlock_unlock(&signal_lock, state);
	return found;
}

static uint64_t mask_for(const struct thread *self, int number,
			 const struct kernel_sigaction *action)
{
	return self->signal_mask | action->mask |
	       (action->flags & SA_NODEFER ? 0 : signal_bit(number));
}

/* The call was interrupted. Returns the stub if it will be made again. */
static uintptr_t finish_call(struct signal_context *context, bool again)
{
	bool futex = thread_current()->futex_interrupted;

	thread_current()->futex_interrupted = false;
	if (!context->interrupted || !again)
		return 0;
	context->interrupted = false;
	if (context->stub) {
		arch_frame_restart(context->frame, context->stub, context->args);
		return context->stub;
	}
	if (futex)
		arch_frame_set_result(context->frame, 0);
	return 0;
}

void signal_deliver(struct signal_context *context)
{
	struct thread *self = thread_current();
	struct kernel_sigaction action;
	struct signal_info info;
	uintptr_t restarted;

	while (next_signal(self, &info, &action)) {
		if (action.handler == (uintptr_t)SIG_IGN)
			continue;
		if (action.handler == (uintptr_t)SIG_DFL) {
			if (!signal_ignored_by_default(info.number))
				signal_end_program(info.number);
			continue;
		}
		restarted = finish_call(context, action.flags & SA_RESTART);
		if (signal_frame_push(context, &info, &action, restarted))
			end_for_stack(context->frame);
		self->signal_resumes = false;
		signal_set_mask(mask_for(self, info.number, &action));
		return;
	}
	finish_call(context, true);
	if (self->signal_resumes) {
		self->signal_resumes = false;
		signal_set_mask(self->signal_resume);
	}
}

/*
 * Until nothing is pending with interrupts off. What is still pending when a handler is about to be
 * called comes after it.
 */
static _Noreturn void leave(struct signal_context *context)
{
	arch_irq_enable();
	signal_deliver(context);
	arch_irq_disable();
	arch_fpu_restore(context->area);
	if (cpu_self()->need_resched)
		arch_fpu_preserved_call(sched_preempt);
	if (READ_ONCE(thread_current()->pending) & PENDING_LEAVE)
		signal_leave(NULL);
	irq_watch_end(); /* the frame puts them on */
	arch_frame_resume(context->frame);
}

void signal_syscall_exit(struct trap_frame *frame, uintptr_t stub, const uint64_t *args)
{
	uint8_t area[ARCH_FPU_BYTES] __attribute__((aligned(64)));
	struct signal_context context = {.frame = frame, .area = area, .stub = stub, .args = args};
	struct thread *self = thread_current();

	arch_fpu_save(area);
	if (arch_frame_complete(frame))
		process_exit(128 + SIGSEGV);
	/* Who is to end sees -EINTR, and is ended by the C library. */
	if (READ_ONCE(self->pending) & PENDING_KILL)
		__atomic_fetch_and(&self->pending, ~PENDING_KILL, __ATOMIC_RELAXED);
	else
		context.interrupted = arch_frame_result(frame) == -EINTR;
	leave(&context);
}

static uintptr_t syscall_exit(long result)
{
	(void)result;
	return (uintptr_t)arch_syscall_exit_signal;
}

static bool in_stub(const struct trap_frame *frame)
{
	return arch_frame_pc(frame) >= (uintptr_t)__stubs_start &&
	       arch_frame_pc(frame) < (uintptr_t)__stubs_end;
}

/*
 * The first instructions of a stub are not interrupted by a handler: the call would wait although
 * the handler should have kept it from waiting. It does not wait with a signal pending.
 */
static void trap_exited(struct trap_frame *frame, bool to_app)
{
	uint8_t area[ARCH_FPU_BYTES] __attribute__((aligned(64)));
	struct signal_context context = {.frame = frame, .area = area};

	if (in_stub(frame) && (!to_app || arch_stub_before(frame))) {
		if (!to_app)
			arch_stub_slow(frame);
		return;
	}
	if (!to_app)
		return;
	arch_fpu_save(area);
	arch_irq_enable();
	signal_deliver(&context);
	arch_irq_disable();
	if (READ_ONCE(thread_current()->pending) & PENDING_LEAVE)
		signal_leave(frame);
	arch_fpu_restore(area);
}

static const struct trap_hooks delivery = {syscall_exit, trap_exited, signal_fault};

/* ^C at the terminal, too, if there is a handler for it (posix/terminal.c). */
static void send_interrupt(void)
{
	struct signal_info info = {.number = SIGINT, .code = SI_KERNEL};

	if (READ_ONCE(signal_actions[SIGINT - 1].handler) > (uintptr_t)SIG_IGN)
		signal_send_process(&info);
}

void signal_enable_handlers(void)
{
	trap_hooks = &delivery;
	terminal_interrupt = send_interrupt;
}

/*
 * A call that is made again with the C library's cancellation pending but blocked would wait for
 * ever: the library's handler has seen that the thread is to be cancelled, and counts on the call
 * to end. It looks at -EINTR.
 */
static bool cancelled(const struct thread *self, uint64_t mask)
{
	return self->signal_pending & mask & signal_bit(SIGNAL_CANCEL);
}

long sys_rt_sigreturn(uintptr_t at)
{
	uint8_t area[ARCH_FPU_BYTES] __attribute__((aligned(64)));
	struct trap_frame frame = {0};
	struct signal_context context = {.frame = &frame, .area = area};
	uintptr_t restarted;
	uint64_t mask;
	int error = signal_frame_pop(&context, at, &mask, &restarted);

	if (!error && restarted && arch_frame_pc(&frame) == restarted &&
	    cancelled(thread_current(), mask))
		error = arch_frame_return(&frame, -EINTR);
	if (error) {
		arch_frame_set_pc(&frame, (uintptr_t)uk_signal_return);
		end_for_stack(&frame);
	}
	signal_set_mask(mask);
	leave(&context);
}
