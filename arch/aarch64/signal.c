/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: the C library's layout of the state of a program [Linux, sigcontext.h of arm64]. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>

#include <arch/signal.h>
#include <mem/user.h>

/* The registers lie in a frame as they do in the context. */
#define REGISTERS (offsetof(mcontext_t, __reserved) - offsetof(mcontext_t, regs))
_Static_assert(offsetof(struct trap_frame, pstate) ==
		       offsetof(mcontext_t, pstate) - offsetof(mcontext_t, regs),
	       "x0 to x30, sp, pc, pstate");
_Static_assert(sizeof(struct fpsimd_context) == FPSIMD_SIZE, "FPSIMD_SIZE");
_Static_assert(offsetof(struct fpsimd_context, vregs) == FPSIMD_V, "FPSIMD_V");
_Static_assert(offsetof(mcontext_t, __reserved) % 16 == 0, "v0 to v31 are aligned");

#define RECORDS	    offsetof(mcontext_t, __reserved)
#define PSTATE_KEEP 0xf1000000UL /* N Z C V DIT */
#define PSTATE_EL1T 4UL

#define INSN_RET       0xd65f03c0
#define INSN_LEAVE     0xd50040bf /* msr spsel, #0 */
#define INSN_LOAD      0xa8c17bfd /* ldp x29, x30, [sp], #16 */
#define INSN_DROP      0x910103ff /* add sp, sp, #64 */
#define INSN_JUMP      0x35000009 /* cbnz w9, ... */
#define INSN_JUMP_MASK 0xff00001f

/* In switch.S and signal_entry.S. */
void syscall_exit_slow(void);
void syscall_exit_undo(void);

void arch_fpu_clean(void *area)
{
	(void)area; /* the handler inherits rounding and so on, as on Linux */
}

int arch_frame_complete(struct trap_frame *frame)
{
	(void)frame;
	return 0;
}

uintptr_t arch_app_sp(const void *frame_address)
{
	uintptr_t sp;

	(void)frame_address;
	__asm__("mrs %0, sp_el0" : "=r"(sp));
	return sp;
}

long arch_frame_result(const struct trap_frame *frame)
{
	return (long)frame->x[0];
}

void arch_frame_set_result(struct trap_frame *frame, long result)
{
	frame->x[0] = (uint64_t)result;
}

void arch_frame_restart(struct trap_frame *frame, uintptr_t stub, const uint64_t *args)
{
	for (unsigned i = 0; i < 6; i++)
		frame->x[i] = args[i];
	frame->pc = stub;
}

int arch_frame_return(struct trap_frame *frame, long result)
{
	frame->x[0] = (uint64_t)result;
	frame->pc = frame->x[30];
	return 0;
}

static uint32_t insn_at(const struct trap_frame *frame)
{
	return *(const uint32_t *)frame->pc;
}

bool arch_stub_before(const struct trap_frame *frame)
{
	return insn_at(frame) != INSN_RET;
}

/*
 * The end of a stub: look, jump, drop the arguments if there are any, load the frame record, leave.
 * Before the drop the jump can be made after all; later the arguments are not needed, because an
 * interrupted call does not get there.
 */
void arch_stub_slow(struct trap_frame *frame)
{
	uint32_t insn = insn_at(frame);

	if (insn == INSN_DROP)
		frame->pc -= 4;
	if (insn == INSN_DROP || (insn & INSN_JUMP_MASK) == INSN_JUMP)
		frame->x[9] = 1;
	else if (insn == INSN_LOAD)
		frame->pc = (uintptr_t)syscall_exit_slow;
	else if (insn == INSN_LEAVE)
		frame->pc = (uintptr_t)syscall_exit_undo;
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
	const struct _aarch64_ctx head = {FPSIMD_MAGIC, FPSIMD_SIZE}, end = {0, 0};
	uintptr_t record = context + RECORDS;

	(void)extra;
	if (user_copy_out((void *)context, &address, sizeof(address)) ||
	    user_copy_out((void *)(context + offsetof(mcontext_t, regs)), frame->x,
			  offsetof(struct trap_frame, esr)) ||
	    user_copy_out((void *)record, area, FPSIMD_SIZE) ||
	    user_copy_out((void *)record, &head, sizeof(head)))
		return -1;
	return user_copy_out((void *)(record + FPSIMD_SIZE), &end, sizeof(end));
}

int arch_context_load(uintptr_t context, struct trap_frame *frame, void *area)
{
	struct _aarch64_ctx *head = area;
	int error = user_copy_in(frame->x, (void *)(context + offsetof(mcontext_t, regs)),
				 offsetof(struct trap_frame, esr));

	if (error || user_copy_in(area, (void *)(context + RECORDS), FPSIMD_SIZE) ||
	    head->magic != FPSIMD_MAGIC || head->size != FPSIMD_SIZE)
		return -1;
	frame->pstate = (frame->pstate & PSTATE_KEEP) | PSTATE_EL1T;
	return 0;
}

int arch_frame_call_handler(struct trap_frame *frame, uintptr_t handler, uintptr_t sp,
			    uintptr_t return_to, const uintptr_t args[3])
{
	for (unsigned i = 0; i < 3; i++)
		frame->x[i] = args[i];
	frame->x[30] = return_to;
	frame->sp = sp;
	frame->pc = handler;
	frame->pstate = (frame->pstate & PSTATE_KEEP) | PSTATE_EL1T;
	return 0;
}
