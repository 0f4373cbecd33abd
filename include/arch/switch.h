/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as the CPU sees them. */
#pragma once

#include <stdint.h>

struct thread;

/*
 * Save the callee-saved state (integer, floating point, control words, thread pointer) of `prev` on
 * its kernel stack and continue `next`. Returns, in the context of whichever thread runs next, the
 * thread that ran before it. Interrupts off.
 */
struct thread *arch_switch(struct thread *prev, struct thread *next);

/*
 * Lay out the first kernel context of a new thread: the first arch_switch() to it calls
 * thread_entry(prev) (an upcall, kernel/thread.h) on its kernel stack with interrupts off.
 */
void arch_thread_prepare(struct thread *thread);

/*
 * Leave kernel mode for good: application stack `sp`, argument, thread pointer; calls pc(arg) in
 * application mode with interrupts on. pc() must not return.
 */
_Noreturn void arch_app_enter(uintptr_t pc, uintptr_t sp, uintptr_t arg, uintptr_t tp);

/*
 * x86_64 only: set the calling thread's thread pointer, which the program cannot do itself. Thread.
 */
void arch_set_tp(uintptr_t tp);

/* Call fn(arg) on another stack whose empty top is `sp`; returns when fn does. Interrupts off. */
void arch_call_on_stack(void (*fn)(void *), void *arg, uintptr_t sp);
