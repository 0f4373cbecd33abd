/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a thread that faulted and is not the main one: it goes on in a function of the start
 * code that ends it the C library's way: cleanup handlers and destructors run, joiners are told.
 * Should that fault too, it is tried without handlers, then the kernel ends the thread.
 */
#include <arch/trap.h>
#include <arch/user.h>
#include <kernel/log.h>
#include <mem/user.h>
#include <mem/vm.h>

#include "program.h"

LOG_MODULE(posix);

#define ATTEMPTS  3    /* in order; without handlers; without the destructor that faulted */
#define EXIT_ROOM 3072 /* stack for ending; more is there if there is more */

/*
 * A stack pointer to end with: the present one if it is in the thread's own stack (what is above it
 * belongs to frames whose cleanup will run), else the stack's lowest end. Where the room below is
 * too small, as after an overflow, the top page of the guard becomes usable.
 */
static uintptr_t stack_repair(uintptr_t sp, uintptr_t top)
{
	struct vm_region stack, guard;

	if (!vm_find(top - 1, false, &stack))
		return 0;
	if (sp > top || sp < stack.start)
		sp = stack.start;
	if (sp - stack.start < EXIT_ROOM && vm_find(stack.start - 1, false, &guard) &&
	    !(guard.attrs & PAGE_WRITE) &&
	    vm_protect(stack.start - PAGE_SIZE, PAGE_SIZE, stack.attrs))
		return 0;
	return sp & -16UL;
}

static _Noreturn void thread_end_by_force(struct thread *self)
{
	log_error("thread %d \"%s\" faults again and again while it ends", (int)self->id,
		  self->name);
	program_thread_end(0);
}

void program_thread_faulted(struct trap_frame *frame)
{
	struct thread *self = thread_current();
	uintptr_t sp = stack_repair(arch_frame_sp(frame), self->app_sp);

	if (self->fault_depth == ATTEMPTS || !self->app_fault_exit || !sp)
		thread_end_by_force(self);
	arch_frame_set_call(frame, self->app_fault_exit, sp, self->fault_depth > 0);
	self->fault_depth++;
}
