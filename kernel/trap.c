/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a trap. */
#include <errno.h>

#include <arch/switch.h>
#include <arch/trap.h>
#include <arch/user.h>
#include <base/compiler.h>
#include <fault/report.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <mem/vm.h>
#include <posix/process.h>

SET_DECLARE(const struct fixup, fixup);

/* Where to go on after a fault at pc, 0 if nowhere. */
static uintptr_t fixup_find(uintptr_t pc)
{
	SET_FOR_EACH (const struct fixup, fixup, f)
		if ((uintptr_t)&f->fault_pc + (intptr_t)f->fault_pc == pc)
			return (uintptr_t)&f->resume_pc + (intptr_t)f->resume_pc;
	return 0;
}

void trap_fault(struct trap_frame *frame, struct fault_info *info)
{
	uintptr_t resume = info->app ? 0 : fixup_find(arch_frame_pc(frame));

	/* The kernel touches application memory only where a fixup stands by. */
	if (info->kind == FAULT_PAGE && (info->app || resume)) {
		info->error = vm_fault(info->address, info->access);
		if (!info->error)
			return;
	}
	if (resume) {
		arch_frame_set_pc(frame, resume);
	} else if (info->app) {
		fault_report(frame, info);
		process_thread_faulted(frame, fault_signal(frame, info));
	} else {
		panic_fault(frame, info);
	}
}

static void exit_work(void)
{
	struct thread *self = thread_current();
	uint32_t work = __atomic_exchange_n(&self->pending, 0, __ATOMIC_ACQ_REL);

	if (work & PENDING_EXIT)
		thread_exit(0);
}

void trap_exit(struct trap_frame *frame, bool to_app)
{
	(void)frame;
	if (cpu_self()->need_resched)
		arch_fpu_preserved_call(sched_preempt);
	if (to_app && thread_current()->pending)
		exit_work();
}

void syscall_exit_work(void)
{
	struct irq_state state;

	exit_work();
	state = arch_irq_save();
	if (cpu_self()->need_resched)
		sched_preempt();
	arch_irq_restore(state);
}
