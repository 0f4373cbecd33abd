/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define TRAP_PC	    0 /* in the place of x0, which needs none */
#define TRAP_X(n)   (8 * (n))
#define TRAP_STATUS 256
#define TRAP_CAUSE  264
#define TRAP_VALUE  272
#define TRAP_MODE   280
#define TRAP_SIZE   288

/*
 * Where the interrupted code ran: on some kernel stack, on the application's, or out of its stack.
 */
#define TRAP_MODE_KERNEL   0
#define TRAP_MODE_APP	   1
#define TRAP_MODE_OVERFLOW 2

/* The last bytes of a thread's THREAD_SIZE are the trap entry's, for three registers. */
#define TRAP_SCRATCH_SIZE 32

#ifndef __ASSEMBLER__

#include <impl/csr.h>
#include <mem/user.h>

struct trap_frame {
	union {
		uint64_t pc;
		uint64_t x[32]; /* x[0] is pc */
	};
	uint64_t status;
	uint64_t cause;
	uint64_t value; /* stval */
	uint64_t mode;	/* TRAP_MODE_… */
};

_Static_assert(sizeof(struct trap_frame) == TRAP_SIZE, "TRAP_SIZE");
_Static_assert(offsetof(struct trap_frame, status) == TRAP_STATUS, "TRAP_STATUS");
_Static_assert(offsetof(struct trap_frame, cause) == TRAP_CAUSE, "TRAP_CAUSE");
_Static_assert(offsetof(struct trap_frame, value) == TRAP_VALUE, "TRAP_VALUE");
_Static_assert(offsetof(struct trap_frame, mode) == TRAP_MODE, "TRAP_MODE");

static inline uintptr_t arch_frame_pc(const struct trap_frame *frame)
{
	return frame->pc;
}

static inline uintptr_t arch_frame_sp(const struct trap_frame *frame)
{
	return frame->x[2];
}

static inline uintptr_t arch_frame_fp(const struct trap_frame *frame)
{
	return frame->x[8];
}

/*
 * ra is of use in a function that has not stored it, as leaves have not: it was called by the
 * instruction before, and is short. In others ra is what the last call inside has left. Only the
 * target of a `jal ra` is known.
 */
static inline uintptr_t arch_frame_return_address(const struct trap_frame *frame)
{
	uintptr_t from = frame->x[1] - 4, low, high;
	int64_t offset;
	uint32_t jump;

	if (!user_peek(from & ~7UL, &low) || !user_peek((from + 2) & ~7UL, &high))
		return frame->x[1];
	jump = (uint32_t)(low >> 8 * (from & 7));
	if ((from & 7) == 6)
		jump = (jump & 0xffff) | (uint32_t)high << 16;
	if ((jump & 0xfff) != 0xef)
		return frame->x[1];
	offset = (int32_t)(jump & 0x80000000) >> 11 | (jump & 0xff000) | (jump >> 9 & 0x800) |
		 (jump >> 20 & 0x7fe);
	return frame->pc - (from + (uintptr_t)offset) < TRAP_LEAF_MAX ? frame->x[1] : 0;
}

static inline void arch_frame_set_pc(struct trap_frame *frame, uintptr_t pc)
{
	frame->pc = pc;
}

static inline void arch_frame_set_call(struct trap_frame *frame, uintptr_t pc, uintptr_t sp,
				       uintptr_t arg)
{
	frame->pc = pc;
	frame->x[1] = 0;
	frame->x[2] = sp;
	frame->x[8] = 0;
	frame->x[10] = arg;
}

#endif
