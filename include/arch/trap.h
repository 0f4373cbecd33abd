/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps. The vectors save the whole integer state as a struct trap_frame on the current thread's
 * kernel stack and call one of the upcalls below; application memory is never written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

/* impl/trap.h defines struct trap_frame, its offsets for assembly, and as static inline:
 *
 *   uintptr_t arch_frame_pc(const struct trap_frame *);
 *   uintptr_t arch_frame_sp(const struct trap_frame *);
 *   uintptr_t arch_frame_fp(const struct trap_frame *);
 *   uintptr_t arch_frame_return_address(const struct trap_frame *);  lr/ra/[sp]; 0: it is none
 *   void arch_frame_set_pc(struct trap_frame *, uintptr_t);
 *   void arch_frame_set_call(struct trap_frame *, uintptr_t pc, uintptr_t sp, uintptr_t arg);
 *       application frames: go on as if pc(arg) had just been called on the stack `sp`, which is a
 *       multiple of 16; the stack is not written, so pc() must not return
 */
#define TRAP_LEAF_MAX 1024 /* bytes: longer functions are taken to have a frame */

#include <impl/trap.h>

enum fault_kind {
	FAULT_PAGE, /* translation or permission; address and access are valid */
	FAULT_ALIGNMENT,
	FAULT_ILLEGAL,	  /* undefined or privileged instruction, bad jump state */
	FAULT_ARITHMETIC, /* division, FP exceptions where they trap */
	FAULT_BREAKPOINT,
	FAULT_BUS,     /* the memory system refused: synchronous external abort, SError */
	FAULT_STACK,   /* the kernel stack has no room for a frame */
	FAULT_OPERAND, /* x86_64: not canonical or misaligned: the CPU does not tell the address */
	FAULT_OTHER,
};

enum fault_access { FAULT_READ = 1, FAULT_WRITE = 2, FAULT_EXEC = 4 };

struct fault_info {
	enum fault_kind kind;
	unsigned access;   /* FAULT_READ, FAULT_WRITE or FAULT_EXEC for FAULT_PAGE */
	bool present;	   /* FAULT_PAGE: the page is there but the right is not */
	int error;	   /* set by the kernel: why vm_fault() refused, e.g. -ENOMEM */
	bool app;	   /* in application mode: the program's fault, else the kernel's */
	uintptr_t address; /* the address touched, where the CPU tells it, else 0 */
	uint64_t code;	   /* ESR, error code or scause, for the report */
	const char *name;  /* the CPU's own name of the exception */
};

/*
 * Upcall: a synchronous fault. On the thread's kernel stack; interrupts as they were in the
 * interrupted code when it was application mode, off otherwise. Returns to retry the instruction.
 */
void trap_fault(struct trap_frame *frame, struct fault_info *info);

/* Upcall: an interrupt. On the CPU's interrupt stack, interrupts off. */
void trap_irq(struct trap_frame *frame);

/*
 * Upcall: before returning from an interrupt, or from a fault in application mode, on the thread's
 * kernel stack, interrupts off. (A fault in kernel mode returns without: interrupts may have been
 * off.) `to_app` says that the frame returns to application mode. May switch threads.
 */
void trap_exit(struct trap_frame *frame, bool to_app);

/* Print all registers of a frame, at most 12 lines, through log_raw(). Any context. */
void arch_frame_print(const struct trap_frame *frame);

/*
 * Step one frame up by frame pointer: *pc and *fp become the caller's. The words at *fp are read
 * with user_peek() semantics: false when they cannot be read or the chain ends. Any context.
 */
bool arch_backtrace_step(uintptr_t *pc, uintptr_t *fp);

/* Frame pointer and an address within the caller, to start a backtrace of running kernel code. */
void arch_backtrace_here(uintptr_t *pc, uintptr_t *fp);
