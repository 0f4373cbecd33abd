/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: the C library's layout of the state of a program [Linux, sigcontext.h of x86]. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include <arch/signal.h>
#include <kernel/thread.h>
#include <mem/user.h>

#include "cpu_arch.h"

/* r8 to r15 come in the other order in a frame. */
_Static_assert(REG_R8 == 0 && REG_R15 == 7 && REG_RDI == 8 && REG_RSP == 15, "gregs");

#define FLAGS_KEEP  0x240cd5UL /* CF PF AF ZF SF DF OF AC ID */
#define FLAGS_FIXED 0x202UL    /* IF and the bit that is always set */
#define FLAG_DF	    0x400UL
#define FLAG_AC	    0x40000UL

/* In an area [Intel SDM 1 10.5.1, 13.4]. */
#define AREA_FCW	0
#define AREA_MXCSR	24
#define AREA_MXCSR_MASK 28
#define AREA_HEADER	512
#define FCW_RESET	0x37f

#define OP_POP_RBP 0x5d
#define OP_RET	   0xc3

void syscall_exit_slow(void);

void arch_fpu_clean(void *area)
{
	const uint32_t mxcsr = MXCSR_RESET;
	const uint16_t fcw = FCW_RESET;

	memset(area, 0, cpu_features.fpu_bytes);
	memcpy((char *)area + AREA_FCW, &fcw, sizeof(fcw));
	memcpy((char *)area + AREA_MXCSR, &mxcsr, sizeof(mxcsr));
	/* x87 and SSE from here, all else as after reset */
	if (cpu_features.xsave_mask)
		((char *)area)[AREA_HEADER] = 3;
}

/* The stub's frame is on the application's stack: its frame pointer and where it returns to. */
int arch_frame_complete(struct trap_frame *frame)
{
	uint64_t words[2], at = frame->rbp;

	if (user_copy_in(words, (void *)at, sizeof(words)))
		return -1;
	frame->rbp = words[0];
	frame->rip = words[1];
	frame->rsp = at + 16;
	frame->cs = SELECTOR_CODE;
	frame->ss = SELECTOR_DATA;
	frame->rflags = FLAGS_FIXED;
	return 0;
}

uintptr_t arch_app_sp(const void *frame_address)
{
	/* What it saved of RBP is the stub's: the caller's RBP, the address the stub returns to. */
	return *(const uintptr_t *)frame_address + 16;
}

long arch_frame_result(const struct trap_frame *frame)
{
	return (long)frame->rax;
}

void arch_frame_set_result(struct trap_frame *frame, long result)
{
	frame->rax = (uint64_t)result;
}

void arch_frame_restart(struct trap_frame *frame, uintptr_t stub, const uint64_t *args)
{
	frame->rdi = args[0];
	frame->rsi = args[1];
	frame->rdx = args[2];
	frame->rcx = args[3];
	frame->r8 = args[4];
	frame->r9 = args[5];
	frame->rip = stub;
	frame->rsp -= 8; /* the address it returns to is there still */
}

int arch_frame_return(struct trap_frame *frame, long result)
{
	frame->rax = (uint64_t)result;
	if (user_copy_in(&frame->rip, (void *)frame->rsp, sizeof(frame->rip)))
		return -1;
	frame->rsp += 8;
	return 0;
}

bool arch_stub_before(const struct trap_frame *frame)
{
	uint8_t op = *(const uint8_t *)frame->rip;

	return op != OP_POP_RBP && op != OP_RET;
}

/* The end of a stub: look, jump (0f 85 or 75), go to the other stack (48 89 ec). */
void arch_stub_slow(struct trap_frame *frame)
{
	const uint8_t *op = (const uint8_t *)frame->rip;

	if (!(op[0] == 0x0f && op[1] == 0x85) && op[0] != 0x75 &&
	    !(op[0] == 0x48 && op[1] == 0x89 && op[2] == 0xec))
		return;
	frame->rsp = (uintptr_t)thread_current();
	frame->rip = (uintptr_t)syscall_exit_slow;
}

int arch_context_reserve(uintptr_t *sp, uintptr_t *extra)
{
	*sp = (*sp - cpu_features.fpu_bytes) & -64UL;
	*extra = *sp;
	return cpu_features.fpu_bytes <= ARCH_FPU_BYTES ? 0 : -1;
}

int arch_context_store(uintptr_t context, uintptr_t extra, const struct trap_frame *frame,
		       const void *area, uintptr_t address)
{
	const mcontext_t registers = {
		.gregs = {frame->r8,	 frame->r9,  frame->r10,    frame->r11, frame->r12,
			  frame->r13,	 frame->r14, frame->r15,    frame->rdi, frame->rsi,
			  frame->rbp,	 frame->rbx, frame->rdx,    frame->rax, frame->rcx,
			  frame->rsp,	 frame->rip, frame->rflags, frame->cs,	frame->error,
			  frame->vector, 0,	     address},
		.fpregs = (fpregset_t)extra,
	};

	if (user_copy_out((void *)context, &registers, sizeof(registers)))
		return -1;
	return user_copy_out((void *)extra, area, cpu_features.fpu_bytes);
}

/* What XRSTOR would refuse with an exception is made harmless. */
static void area_repair(uint8_t *area)
{
	uint64_t header[8] = {0}, components;
	uint32_t mxcsr, mask;

	memcpy(&mxcsr, area + AREA_MXCSR, sizeof(mxcsr));
	memcpy(&mask, area + AREA_MXCSR_MASK, sizeof(mask));
	mxcsr &= mask ? mask & 0xffff : 0xffbf;
	memcpy(area + AREA_MXCSR, &mxcsr, sizeof(mxcsr));
	if (!cpu_features.xsave_mask)
		return;
	memcpy(&components, area + AREA_HEADER, sizeof(components));
	header[0] = components & cpu_features.xsave_mask;
	memcpy(area + AREA_HEADER, header, sizeof(header));
}

int arch_context_load(uintptr_t context, struct trap_frame *frame, void *area)
{
	mcontext_t registers;
	const unsigned long long *from;

	if (user_copy_in(&registers, (void *)context, sizeof(registers)))
		return -1;
	if (!registers.fpregs)
		arch_fpu_clean(area);
	else if (user_copy_in(area, registers.fpregs, cpu_features.fpu_bytes))
		return -1;
	area_repair(area);
	from = (const unsigned long long *)registers.gregs;
	/* IRET would fault on an address that is not canonical, and in the kernel. */
	if ((long)(from[REG_RIP] << 16) >> 16 != (long)from[REG_RIP])
		return -1;
	*frame = (struct trap_frame){
		.r8 = from[REG_R8],
		.r9 = from[REG_R9],
		.r10 = from[REG_R10],
		.r11 = from[REG_R11],
		.r12 = from[REG_R12],
		.r13 = from[REG_R13],
		.r14 = from[REG_R14],
		.r15 = from[REG_R15],
		.rdi = from[REG_RDI],
		.rsi = from[REG_RSI],
		.rbp = from[REG_RBP],
		.rbx = from[REG_RBX],
		.rdx = from[REG_RDX],
		.rax = from[REG_RAX],
		.rcx = from[REG_RCX],
		.rsp = from[REG_RSP],
		.rip = from[REG_RIP],
		.cs = SELECTOR_CODE,
		.ss = SELECTOR_DATA,
		.rflags = (from[REG_EFL] & FLAGS_KEEP) | FLAGS_FIXED,
	};
	return 0;
}

int arch_frame_call_handler(struct trap_frame *frame, uintptr_t handler, uintptr_t sp,
			    uintptr_t return_to, const uintptr_t args[3])
{
	if (user_copy_out((void *)(sp - 8), &return_to, sizeof(return_to)))
		return -1;
	frame->rdi = args[0];
	frame->rsi = args[1];
	frame->rdx = args[2];
	frame->rax = 0;
	frame->rsp = sp - 8;
	frame->rip = handler;
	frame->rflags = ((frame->rflags & FLAGS_KEEP) | FLAGS_FIXED) & ~(FLAG_DF | FLAG_AC);
	return 0;
}
