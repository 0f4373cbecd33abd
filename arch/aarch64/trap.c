/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions: what the syndrome says, in the kernel's terms [ARM DDI 0487 D17.2.37 ESR_EL1]. */
#include <arch/trap.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <mem/user.h>

#include "entry.h"

#define EC(esr)	  ((esr) >> 26)
#define WNR(esr)  ((esr) & (1 << 6))
#define FSC(esr)  ((esr)&0x3f)
#define MODE_EL1H 5

enum {
	EC_UNKNOWN = 0x00,
	EC_FP_TRAP = 0x07,
	EC_ILLEGAL_STATE = 0x0e,
	EC_SVC = 0x15,
	EC_INSN_ABORT = 0x21,
	EC_PC_ALIGN = 0x22,
	EC_DATA_ABORT = 0x25,
	EC_SP_ALIGN = 0x26,
	EC_FP_EXCEPTION = 0x2c,
	EC_BRK = 0x3c,
};

static bool from_app(const struct trap_frame *frame)
{
	return (frame->pstate & 0xf) != MODE_EL1H;
}

static void describe_abort(const struct trap_frame *frame, struct fault_info *info, bool fetch)
{
	unsigned status = FSC(frame->esr);

	info->access = fetch ? FAULT_EXEC : WNR(frame->esr) ? FAULT_WRITE : FAULT_READ;
	info->address = frame->far;
	info->name = fetch ? "instruction abort" : "data abort";
	if (status == 0x21)
		info->kind = FAULT_ALIGNMENT;
	else if (status >= 4 && status < 16)
		info->kind = FAULT_PAGE;
	else
		info->kind = FAULT_BUS;
	info->present = status >= 12;
}

static void describe(const struct trap_frame *frame, struct fault_info *info)
{
	info->code = frame->esr;
	info->app = from_app(frame);
	info->name = "synchronous exception";
	info->kind = FAULT_OTHER;
	switch (EC(frame->esr)) {
	case EC_DATA_ABORT:
	case EC_INSN_ABORT:
		describe_abort(frame, info, EC(frame->esr) == EC_INSN_ABORT);
		break;
	case EC_UNKNOWN:
	case EC_FP_TRAP:
	case EC_ILLEGAL_STATE:
	case EC_SVC:
		info->kind = FAULT_ILLEGAL;
		info->name = "undefined instruction";
		break;
	case EC_PC_ALIGN:
	case EC_SP_ALIGN:
		info->kind = FAULT_ALIGNMENT;
		info->name = EC(frame->esr) == EC_PC_ALIGN ? "PC alignment" : "SP alignment";
		info->address = frame->far;
		break;
	case EC_FP_EXCEPTION:
		info->kind = FAULT_ARITHMETIC;
		break;
	case EC_BRK:
		info->kind = FAULT_BREAKPOINT;
		info->name = "breakpoint";
		break;
	}
}

void arch_trap_sync(struct trap_frame *frame)
{
	struct fault_info info = {0};

	describe(frame, &info);
	trap_fault(frame, &info);
}

/* SError and everything from an exception level that should not exist. */
_Noreturn void arch_trap_serror(struct trap_frame *frame)
{
	struct fault_info info = {
		.kind = FAULT_BUS, .code = frame->esr, .app = from_app(frame), .name = "SError"};

	panic_fault(frame, &info);
}

_Noreturn void arch_trap_overflow(struct trap_frame *frame)
{
	struct fault_info info = {.kind = FAULT_STACK,
				  .code = frame->esr,
				  .address = frame->sp,
				  .name = "kernel stack overflow"};

	panic_fault(frame, &info);
}

void arch_frame_print(const struct trap_frame *frame)
{
	for (unsigned i = 0; i < 32; i += 4)
		log_raw("  x%-2u %016lx %016lx %016lx %016lx\n", i, frame->x[i], frame->x[i + 1],
			frame->x[i + 2], i == 28 ? frame->sp : frame->x[i + 3]);
	log_raw("  pc %016lx  pstate %08lx  esr %08lx  far %016lx\n", frame->pc, frame->pstate,
		frame->esr, frame->far);
}

/* AAPCS64: x29 points to the caller's x29 and the return address. */
bool arch_backtrace_step(uintptr_t *pc, uintptr_t *fp)
{
	uintptr_t caller_fp, caller_pc;

	if (!*fp || (*fp & 7) || !user_peek(*fp, &caller_fp) || !user_peek(*fp + 8, &caller_pc) ||
	    !caller_pc)
		return false;
	*fp = caller_fp;
	*pc = caller_pc;
	return true;
}

void arch_backtrace_here(uintptr_t *pc, uintptr_t *fp)
{
	*fp = (uintptr_t)__builtin_frame_address(0);
	*pc = (uintptr_t)__builtin_return_address(0);
}
