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
#include <kernel/trap.h>
#include <mem/vm.h>
#include <posix/process.h>

const struct trap_hooks *trap_hooks;

SET_DECLARE(const struct fixup, fixup);

/* Where to go on after a fault at pc, 0 if nowhere. */
static uintptr_t fixup_find(uintptr_t pc)
{
	SET_FOR_EACH (const struct fixup, fixup, f)
		if ((uintptr_t)&f->fault_pc + (intptr_t)f->fault_pc == pc)
			return (uintptr_t)&f->resume_pc + (intptr_t)f->resume_pc;
	return 0;
}

static void serve_fault(struct trap_frame *frame, struct fault_info *info)
{
	uintptr_t resume = info->app ? 0 : fixup_find(arch_frame_pc(frame));

	/* The kernel touches application memory only where a fixup stands by. */
	if (info->kind == FAULT_PAGE && (info->app || resume)) {
		info->error = !info->app && thread_current()->no_fill
				      ? -EFAULT
				      : vm_fault(info->address, info->access);
		if (!info->error)
			return;
		if (info->error == -ENXIO) /* there is no such page of the mapped file */
			info->kind = FAULT_BUS;
	}
	if (resume) {
		arch_frame_set_pc(frame, resume);
	} else if (info->app) {
		if (trap_hooks && trap_hooks->fault(frame, info))
			return;
		fault_report(frame, info);
		process_thread_faulted(frame, fault_signal(frame, info));
	} else {
		panic_fault(frame, info);
	}
}

/* A fault in kernel mode is served with interrupts off. */
void trap_fault(struct trap_frame *frame, struct fault_info *info)
{
	bool began = !info->app && irq_watch_begin();

	serve_fault(frame, info);
	if (began)
		irq_watch_end();
}

/* True if hooks have something to do, too. */
static bool exit_work(void)
{
	uint32_t work = __atomic_fetch_and(&thread_current()->pending, ~PENDING_RESCHED,
					   __ATOMIC_ACQ_REL);

	if (work & PENDING_EXIT)
		thread_exit(0);
	return work & (PENDING_INTERRUPT_MASK | PENDING_LEAVE) && trap_hooks;
}

TEXT_EARLY(trap_exit) void trap_exit(struct trap_frame *frame, bool to_app)
{
	(void)irq_watch_begin();
	if (cpu_self()->need_resched) {
		/* The kernel's own threads have no floating-point state. */
		if (thread_current()->kernel_only)
			sched_preempt();
		else
			arch_fpu_preserved_call(sched_preempt);
	}
	if (thread_current()->pending && (to_app ? exit_work() : !!trap_hooks))
		trap_hooks->trap_exit(frame, to_app);
	irq_watch_end();
}

TEXT_EARLY(syscall_exit_work) uintptr_t syscall_exit_work(long result)
{
	uintptr_t entry = exit_work() ? trap_hooks->syscall_exit(result) : 0;

	arch_irq_disable();
	if (cpu_self()->need_resched)
		sched_preempt();
	irq_watch_end(); /* the stub puts them on */
	return entry;
}
