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

#include <mem/user.h>

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

/*
 * x30 is of use in a function without a frame record, as leaves are: it was called by the
 * instruction before, and is short. In others x30 is what the last call inside has left. Only the
 * target of a `bl` is known.
 */
static inline uintptr_t arch_frame_return_address(const struct trap_frame *frame)
{
	uintptr_t from = frame->x[30] - 4, pair;
	int32_t offset;
	uint32_t call;

	if (!user_peek(from & ~7UL, &pair))
		return frame->x[30];
	call = (uint32_t)(pair >> 8 * (from & 4));
	if (call >> 26 != 0x25)
		return frame->x[30];
	offset = (int32_t)(call << 6) >> 4;
	return frame->pc - (from + (uintptr_t)(intptr_t)offset) < TRAP_LEAF_MAX ? frame->x[30] : 0;
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
