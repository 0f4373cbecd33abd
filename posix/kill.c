/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ending a thread from outside. The C library's side has marked the thread as cancelled: a
 * cancellation point ends it, and the one in which it waits returns -EINTR for that. A thread that
 * computes is sent to its end where a trap finds it in the program's own code: never in the C
 * library, the kernel or a stub, which may hold locks that nobody would release. Until then it is
 * looked at again and again.
 */
#include <errno.h>

#include <arch/signal.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/timer.h>
#include <mem/boot_map.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

#define LOOK_AGAIN_NS 100000

struct request {
	int32_t tid;
	const unsigned char *hold;
	long result;
};

static bool in_program(uintptr_t pc)
{
	return pc >= (uintptr_t)__program_text_start && pc < (uintptr_t)__program_text_end;
}

/* While the byte is not 0 the thread ends already, or has asked not to be cancelled. */
static bool held(const struct thread *self)
{
	unsigned char value;

	return user_copy_in(&value, self->kill_hold, 1) || value;
}

/*
 * The last act before the program goes on, interrupts off: the timer must not fire before. NULL: at
 * the end of a system call, where the program is in the C library.
 */
static void leave(struct trap_frame *frame)
{
	struct thread *self = thread_current();

	if (!frame || !in_program(arch_frame_pc(frame)) || held(self)) {
		timer_program(arch_counter_read() + clock_span_counts(LOOK_AGAIN_NS));
		return;
	}
	__atomic_fetch_and(&self->pending, ~(PENDING_LEAVE | PENDING_KILL), __ATOMIC_RELAXED);
	arch_frame_set_call(frame, self->app_fault_exit,
			    (arch_frame_sp(frame) - ARCH_SIGNAL_SKIP) & -16UL, 0);
}

static void ask(const struct thread *thread, void *arg)
{
	struct request *request = arg;
	struct thread *target = (struct thread *)thread;

	if (thread->id != request->tid || thread->kernel_only ||
	    __atomic_load_n(&thread->ending, __ATOMIC_ACQUIRE))
		return;
	request->result = -EPERM;
	if (!thread->app_fault_exit)
		return;
	target->kill_hold = request->hold;
	thread_interrupt(target, PENDING_KILL | PENDING_LEAVE);
	request->result = 0;
}

long sys_thread_kill(int tid, const unsigned char *hold)
{
	struct request request = {tid, hold, -ESRCH};

	signal_leave = leave;
	trap_exit_enable();
	thread_for_each(ask, &request);
	return request.result;
}
