/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define TRAP_X(n)   (8 * (n))
#define TRAP_SP	    248
#define TRAP_PC	    256
#define TRAP_PSTATE 264
#define TRAP_ESR    272
#define TRAP_FAR    280
#define TRAP_SIZE   288

#ifndef __ASSEMBLER__

struct trap_frame {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
	uint64_t esr;
	uint64_t far;
};

_Static_assert(sizeof(struct trap_frame) == TRAP_SIZE, "TRAP_SIZE");
_Static_assert(offsetof(struct trap_frame, pc) == TRAP_PC, "TRAP_PC");

static inline uintptr_t arch_frame_pc(const struct trap_frame *frame)
{
	return frame->pc;
}

static inline uintptr_t arch_frame_sp(const struct trap_frame *frame)
{
	return frame->sp;
}

static inline uintptr_t arch_frame_fp(const struct trap_frame *frame)
{
	return frame->x[29];
}

static inline uintptr_t arch_frame_return_address(const struct trap_frame *frame)
{
	return frame->x[30];
}

static inline void arch_frame_set_pc(struct trap_frame *frame, uintptr_t pc)
{
	frame->pc = pc;
}

/* PSTATE.BTYPE and IL are for the interrupted instruction only. */
static inline void arch_frame_set_call(struct trap_frame *frame, uintptr_t pc, uintptr_t sp,
				       uintptr_t arg)
{
	frame->pc = pc;
	frame->sp = sp;
	frame->x[0] = arg;
	frame->x[29] = 0;
	frame->x[30] = 0;
	frame->pstate &= ~(3UL << 10 | 1UL << 20);
}

#endif
