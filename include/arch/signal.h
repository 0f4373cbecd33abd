/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signals need of the processor: the state of interrupted application code as a struct
 * trap_frame and a floating-point area, the C library's layout of both, and the way back to it.
 * Linked only with programs that handle signals or end threads from outside.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/trap.h>

/* ARCH_FPU_BYTES: room for an area, aligned to 64 */
#include <impl/signal.h>

/* All floating-point state of the running thread. Nothing may block between trap and save. */
void arch_fpu_save(void *area);
void arch_fpu_restore(const void *area);

/* Make of an area what a function expects that is called out of nowhere. */
void arch_fpu_clean(void *area);

/*
 * Where trap_hooks->syscall_exit() leads: lays out a frame as if the code that called the stub had
 * been interrupted right behind the call, and calls signal_syscall_exit() (posix/signals.h).
 */
void arch_syscall_exit_signal(void);

/* What assembly could not read safely for that frame. 0 or -EFAULT. */
int arch_frame_complete(struct trap_frame *frame);

/* The application's stack pointer, from the frame address of a system call's own function. */
uintptr_t arch_app_sp(const void *frame_address);

/* Continue application code; the frame lies anywhere on the thread's kernel stack. */
_Noreturn void arch_frame_resume(struct trap_frame *frame);

/* The result of the call behind which such a frame stands. */
long arch_frame_result(const struct trap_frame *frame);
void arch_frame_set_result(struct trap_frame *frame, long result);

/* Such a frame: go on with the same call once more. */
void arch_frame_restart(struct trap_frame *frame, uintptr_t stub, const uint64_t *args);

/* A frame at the first instruction of a stub: go on as if the stub had returned. 0 or -EFAULT. */
int arch_frame_return(struct trap_frame *frame, long result);

/*
 * Interrupted at pc in a stub, whose instructions are known. In application mode: is the call still
 * to come (else it is over). In kernel mode, when thread->pending has been looked at already: go on
 * the slow way.
 */
bool arch_stub_before(const struct trap_frame *frame);
void arch_stub_slow(struct trap_frame *frame);

/* How much of the stack below the stack pointer may be in use. */
#define ARCH_SIGNAL_SKIP ARCH_RED_ZONE

/*
 * Lay the processor's part of a signal frame out on the application's stack. `context` is the
 * mcontext_t there, *sp where there is room for more, which becomes what is left. 0 or -EFAULT.
 */
int arch_context_reserve(uintptr_t *sp, uintptr_t *extra);
int arch_context_store(uintptr_t context, uintptr_t extra, const struct trap_frame *frame,
		       const void *area, uintptr_t address);
/* And back: what would harm the kernel is not taken over. */
int arch_context_load(uintptr_t context, struct trap_frame *frame, void *area);

/* Call handler(number, info, context) on the stack `sp`, with a return address. 0 or -EFAULT. */
int arch_frame_call_handler(struct trap_frame *frame, uintptr_t handler, uintptr_t sp,
			    uintptr_t return_to, const uintptr_t args[3]);
