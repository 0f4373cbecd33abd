/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signals and kill do at the kernel's exits. Most programs have neither: who needs it sets the
 * pointer, and is linked with what it points to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;
struct fault_info;

struct trap_hooks {
	/*
	 * At the end of a system call, with something of PENDING_INTERRUPT_MASK pending. 0: go on.
	 * Else the address of code that takes over from the stub (arch/<cpu>/signal_entry.S).
	 */
	uintptr_t (*syscall_exit)(long result);

	/*
	 * In trap_exit(), with something pending; interrupts off. When the frame returns to kernel
	 * mode, it may be in the last steps of a stub, behind the look at thread->pending.
	 */
	void (*trap_exit)(struct trap_frame *frame, bool to_app);

	/* A fault of the program: true if it was dealt with. Interrupts on. */
	bool (*fault)(struct trap_frame *frame, const struct fault_info *info);
};
extern const struct trap_hooks *trap_hooks;
