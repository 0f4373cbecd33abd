/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault of the program becomes a signal if there is a handler that may be called. */
#include <errno.h>

#include <arch/signal.h>
#include <fault/report.h>
#include <mem/vm.h>

#include "signals.h"

/* A guard that we made is not memory of the program's; one that it made by mprotect() is. */
static int segv_code(uintptr_t address)
{
	struct vm_region region;

	return vm_find(address, false, &region) && region.kind != VM_GUARD ? SEGV_ACCERR
									   : SEGV_MAPERR;
}

static int code_of(const struct fault_info *info)
{
	switch (info->kind) {
	case FAULT_PAGE:
		return segv_code(info->address);
	case FAULT_ALIGNMENT:
		return BUS_ADRALN;
	case FAULT_ILLEGAL:
		return ILL_ILLOPC;
	case FAULT_ARITHMETIC:
		return FPE_INTDIV;
	case FAULT_BREAKPOINT:
		return TRAP_BRKPT;
	case FAULT_BUS:
		return BUS_ADRERR;
	default:
		return SEGV_MAPERR;
	}
}

bool signal_fault(struct trap_frame *frame, const struct fault_info *info)
{
	uint8_t area[ARCH_FPU_BYTES] __attribute__((aligned(64)));
	struct signal_context context = {.frame = frame, .area = area};
	struct signal_info signal = {.number = fault_signal(frame, info), .code = code_of(info)};
	struct kernel_sigaction *slot = &signal_actions[signal.number - 1], action;
	struct thread *self = thread_current();
	struct irq_state state;

	arch_fpu_save(area);
	signal.address = info->kind == FAULT_PAGE || info->address ? info->address
								   : arch_frame_pc(frame);
	state = spinlock_lock(&signal_lock);
	action = *slot;
	spinlock_unlock(&signal_lock, state);
	/* Without a handler, or within it, it is reported; so is a stack that was smashed. */
	if (action.handler <= (uintptr_t)SIG_IGN || signal.number == SIGABRT ||
	    self->signal_mask & signal_bit(signal.number) ||
	    signal_frame_push(&context, &signal, &action, 0))
		return false;
	if (action.flags & SA_RESETHAND) {
		state = spinlock_lock(&signal_lock);
		slot->handler = (uintptr_t)SIG_DFL;
		spinlock_unlock(&signal_lock, state);
	}
	signal_set_mask(self->signal_mask | action.mask |
			(action.flags & SA_NODEFER ? 0 : signal_bit(signal.number)));
	arch_fpu_restore(area);
	return true;
}
