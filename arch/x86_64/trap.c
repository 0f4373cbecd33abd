/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions: what the CPU says, in the words of include/arch/trap.h [Intel SDM 3A 6.15]. */
#include <arch/cpu.h>
#include <arch/trap.h>
#include <base/compiler.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <mem/kstack.h>
#include <mem/user.h>

#include "cpu_arch.h"

STATIC_ASSERT(TRAP_STACK == KSTACK_SIZE);
STATIC_ASSERT(TRAP_STACK_SMALL == KSTACK_SMALL);

#define EXC_PAGE 14

/* Bits of a page fault's error code. */
#define PAGE_FAULT_PRESENT 1
#define PAGE_FAULT_WRITE   2
#define PAGE_FAULT_FETCH   16

/*
 * An address that is not canonical is #GP or #SS instead of #PF; so is a misaligned operand of an
 * SSE instruction.
 */
static const struct {
	char name[4];
	uint8_t kind;
} exceptions[] = {
	{"#DE", FAULT_ARITHMETIC}, {"#DB", FAULT_BREAKPOINT}, {"NMI", FAULT_OTHER},
	{"#BP", FAULT_BREAKPOINT}, {"#OF", FAULT_OTHER},      {"#BR", FAULT_OTHER},
	{"#UD", FAULT_ILLEGAL},	   {"#NM", FAULT_OTHER},      {"#DF", FAULT_OTHER},
	{"#9", FAULT_OTHER},	   {"#TS", FAULT_OTHER},      {"#NP", FAULT_OTHER},
	{"#SS", FAULT_OPERAND},	   {"#GP", FAULT_OPERAND},    {"#PF", FAULT_PAGE},
	{"#15", FAULT_OTHER},	   {"#MF", FAULT_ARITHMETIC}, {"#AC", FAULT_ALIGNMENT},
	{"#MC", FAULT_BUS},	   {"#XM", FAULT_ARITHMETIC}, {"#VE", FAULT_OTHER},
	{"#CP", FAULT_OTHER},
};

/* From vectors.S, on the stack the frame is on, interrupts off. */
void arch_trap_fault(struct trap_frame *frame);

void arch_trap_fault(struct trap_frame *frame)
{
	unsigned vector = frame->vector & (TRAP_EMERGENCY - 1);
	bool known = vector < ARRAY_SIZE(exceptions);
	struct fault_info info = {
		.kind = known ? exceptions[vector].kind : FAULT_OTHER,
		.app = (uintptr_t)(frame + 1) == (uintptr_t)thread_current(),
		.name = known ? exceptions[vector].name : "exception",
	};

	/* Where the CPU pushed no code, the vector stands in its place. */
	if (!known || !((uint32_t)TRAP_WITH_CODE >> vector & 1))
		frame->error = 0;
	info.code = frame->error;
	if (vector == EXC_PAGE) {
		__asm__ volatile("movq %%cr2, %0" : "=r"(info.address));
		info.present = frame->error & PAGE_FAULT_PRESENT;
		info.access = frame->error & PAGE_FAULT_FETCH	? FAULT_EXEC
			      : frame->error & PAGE_FAULT_WRITE ? FAULT_WRITE
								: FAULT_READ;
	}
	if (frame->vector & TRAP_EMERGENCY) {
		/*
		 * NMI, double fault and machine check always come this way; all else for lack of
		 * room.
		 */
		if (vector == EXC_PAGE || vector >= VECTOR_LINE)
			info.kind = FAULT_STACK;
		panic_fault(frame, &info);
	}
	if (info.app && frame->rflags & RFLAGS_IF)
		arch_irq_enable();
	trap_fault(frame, &info);
	if (!info.app && !(frame->rflags & RFLAGS_IF))
		return; /* a lock may be held: no switch here */
	arch_irq_disable();
	trap_exit(frame, info.app);
}

void arch_frame_print(const struct trap_frame *frame)
{
	log_raw("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n"
		"  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n",
		frame->rax, frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi, frame->rbp,
		frame->rsp);
	log_raw("  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n"
		"  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n",
		frame->r8, frame->r9, frame->r10, frame->r11, frame->r12, frame->r13, frame->r14,
		frame->r15);
	log_raw("  rip %016lx  flags %08lx  vector %lu  error %lx\n", frame->rip, frame->rflags,
		frame->vector & (TRAP_EMERGENCY - 1), frame->error);
}

/* RBP points to the caller's RBP and the return address. */
bool arch_backtrace_step(uintptr_t *pc, uintptr_t *fp)
{
	uintptr_t caller_fp, caller_pc;

	if (!user_peek(*fp, &caller_fp) || !user_peek(*fp + 8, &caller_pc) || !caller_pc)
		return false;
	*fp = caller_fp;
	*pc = caller_pc;
	return true;
}

NOINLINE void arch_backtrace_here(uintptr_t *pc, uintptr_t *fp)
{
	*fp = *(uintptr_t *)__builtin_frame_address(0);
	*pc = (uintptr_t)__builtin_return_address(0);
}
