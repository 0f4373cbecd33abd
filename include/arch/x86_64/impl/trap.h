/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Vectors. One interrupt line each from VECTOR_LINE on; the CPU's own above them, so that they are
 * more urgent. The last is where the interrupt controllers send what turned out to be nothing: it
 * is neither acknowledged nor delivered. The masked 8259s use the same eight vectors' last for
 * theirs.
 */
#define VECTOR_LINE	0x20
#define VECTOR_LINES	48
#define VECTOR_TIMER	0x50
#define VECTOR_IPI	0x51
#define VECTOR_8259	0x58
#define VECTOR_SPURIOUS 0x5f
#define VECTOR_COUNT	0x60

/* Added to a frame's vector when it was put on the emergency stack. */
#define TRAP_EMERGENCY 0x100

/* Exceptions that push an error code [Intel SDM 3A 6.13]. */
#define TRAP_WITH_CODE 0x60227d00

/* Entry of a vector, from trap_vectors (vectors.S). */
#define TRAP_VECTOR_OFFSET(vector) (4 * (vector) + 20 * (((vector) + 16) / 32))

/* Bytes of a kernel stack that must be left below the interrupted code to take a trap there. */
#define TRAP_ROOM	 1024
#define TRAP_STACK	 8192 /* KSTACK_SIZE; as much is unmapped below each stack */
#define TRAP_STACK_SMALL 4096 /* KSTACK_SMALL */

/* Offsets in struct trap_frame and its size. */
#define TRAP_RBP    80
#define TRAP_RAX    112
#define TRAP_VECTOR 120
#define TRAP_RIP    136
#define TRAP_RSP    160
#define TRAP_SIZE   176

/* Offsets in struct cpu_arch (arch/x86_64/cpu_arch.h), from CPU_ARCH. */
#define CPU_ARCH_VECTOR 0

#ifndef __ASSEMBLER__

#include <mem/user.h>

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss; /* as the CPU pushes and IRET takes them */
};

_Static_assert(sizeof(struct trap_frame) == TRAP_SIZE, "TRAP_SIZE");
_Static_assert(offsetof(struct trap_frame, rbp) == TRAP_RBP, "TRAP_RBP");
_Static_assert(offsetof(struct trap_frame, rax) == TRAP_RAX, "TRAP_RAX");
_Static_assert(offsetof(struct trap_frame, vector) == TRAP_VECTOR, "TRAP_VECTOR");
_Static_assert(offsetof(struct trap_frame, rip) == TRAP_RIP, "TRAP_RIP");
_Static_assert(offsetof(struct trap_frame, rsp) == TRAP_RSP, "TRAP_RSP");

static inline uintptr_t arch_frame_pc(const struct trap_frame *frame)
{
	return frame->rip;
}

static inline uintptr_t arch_frame_sp(const struct trap_frame *frame)
{
	return frame->rsp;
}

static inline uintptr_t arch_frame_fp(const struct trap_frame *frame)
{
	return frame->rbp;
}

static inline uintptr_t arch_frame_return_address(const struct trap_frame *frame)
{
	uintptr_t address;

	return user_peek(frame->rsp, &address) ? address : 0;
}

static inline void arch_frame_set_pc(struct trap_frame *frame, uintptr_t pc)
{
	frame->rip = pc;
}

/*
 * A function finds its return address on the stack, and the direction flag clear (TF and AC, too).
 */
static inline void arch_frame_set_call(struct trap_frame *frame, uintptr_t pc, uintptr_t sp,
				       uintptr_t arg)
{
	frame->rip = pc;
	frame->rsp = sp - 8;
	frame->rdi = arg;
	frame->rbp = 0;
	frame->rflags &= ~(1UL << 8 | 1UL << 10 | 1UL << 18);
}

#endif
