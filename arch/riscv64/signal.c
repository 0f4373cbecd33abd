/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: the C library's layout of the state of a program. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

#include <arch/signal.h>
#include <kernel/thread.h>
#include <mem/user.h>

/* x1 to x31 with the pc in the place of x0, there as here. */
_Static_assert(offsetof(mcontext_t, __gregs) == 0 && REG_PC == 0, "the pc comes first");
_Static_assert(sizeof(__riscv_mc_gp_state) == TRAP_STATUS, "32 words");
_Static_assert(offsetof(struct __riscv_mc_d_ext_state, __fcsr) == FPU_AREA_FCSR, "FPU_AREA_FCSR");

#define FLOATS	    offsetof(mcontext_t, __fpregs)
#define SSTATUS_SPP 0x100

#define INSN_RET       0x8082	  /* c.jr ra */
#define INSN_JUMP      0x00029063 /* bnez t0, ... */
#define INSN_JUMP_MASK 0x01fff07f
#define INSN_LD	       0x00013003 /* ld ?, ?(sp) */
#define INSN_LD_MASK   0x000ff07f
#define INSN_CLD       0x6002 /* c.ldsp */
#define INSN_CLD_MASK  0xe003

#define STUB_SIZE 32 /* impl/stub.h */

void syscall_exit_slow(void);

void arch_fpu_clean(void *area)
{
	(void)area; /* the handler inherits the rounding mode, as on Linux */
}

int arch_frame_complete(struct trap_frame *frame)
{
	(void)frame;
	return 0;
}

uintptr_t arch_app_sp(const void *frame_address)
{
	(void)frame_address;
	return ((const uintptr_t *)thread_current())[-3]; /* impl/stub.h */
}

long arch_frame_result(const struct trap_frame *frame)
{
	return (long)frame->x[10];
}

void arch_frame_set_result(struct trap_frame *frame, long result)
{
	frame->x[10] = (uint64_t)result;
}

void arch_frame_restart(struct trap_frame *frame, uintptr_t stub, const uint64_t *args)
{
	for (unsigned i = 0; i < 6; i++)
		frame->x[10 + i] = args[i];
	frame->pc = stub;
}

int arch_frame_return(struct trap_frame *frame, long result)
{
	frame->x[10] = (uint64_t)result;
	frame->pc = frame->x[1];
	return 0;
}

static uint32_t insn_at(const struct trap_frame *frame)
{
	const uint16_t *pc = (const uint16_t *)frame->pc;

	return pc[0] | (uint32_t)pc[1] << 16;
}

bool arch_stub_before(const struct trap_frame *frame)
{
	return (insn_at(frame) & 0xffff) != INSN_RET;
}

/* The end of a stub: look, jump, load ra, load s0, load sp. Its frame stays until the last one. */
void arch_stub_slow(struct trap_frame *frame)
{
	uint32_t insn = insn_at(frame);
	uintptr_t thread = (uintptr_t)thread_current();

	if ((insn & INSN_JUMP_MASK) != INSN_JUMP && (insn & INSN_LD_MASK) != INSN_LD &&
	    (insn & INSN_CLD_MASK) != INSN_CLD)
		return;
	frame->x[2] = thread - STUB_SIZE;
	frame->x[8] = thread;
	frame->pc = (uintptr_t)syscall_exit_slow;
}

int arch_context_reserve(uintptr_t *sp, uintptr_t *extra)
{
	(void)sp;
	*extra = 0;
	return 0;
}

int arch_context_store(uintptr_t context, uintptr_t extra, const struct trap_frame *frame,
		       const void *area, uintptr_t address)
{
	(void)extra;
	(void)address;
	if (user_copy_out((void *)context, frame->x, sizeof(frame->x)))
		return -1;
	return user_copy_out((void *)(context + FLOATS), area, ARCH_FPU_BYTES);
}

int arch_context_load(uintptr_t context, struct trap_frame *frame, void *area)
{
	if (user_copy_in(frame->x, (void *)context, sizeof(frame->x)) ||
	    user_copy_in(area, (void *)(context + FLOATS), ARCH_FPU_BYTES))
		return -1;
	/* The area will be loaded, which makes the thread one that uses floating point. */
	frame->status = (csr_read(CSR_SSTATUS) & ~(unsigned long)SSTATUS_SIE) | SSTATUS_SPIE |
			SSTATUS_SPP | SSTATUS_FS;
	frame->mode = TRAP_MODE_APP;
	frame->pc &= ~1UL;
	return 0;
}

int arch_frame_call_handler(struct trap_frame *frame, uintptr_t handler, uintptr_t sp,
			    uintptr_t return_to, const uintptr_t args[3])
{
	frame->x[1] = return_to;
	frame->x[2] = sp;
	for (unsigned i = 0; i < 3; i++)
		frame->x[10 + i] = args[i];
	frame->pc = handler;
	/* Whoever saved the state of a thread without floating point may load it again. */
	frame->status |= csr_read(CSR_SSTATUS) & SSTATUS_FS;
	return 0;
}
