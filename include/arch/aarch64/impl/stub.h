/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. SP_EL1 is the thread's empty kernel stack while it runs in application mode,
 * and struct thread begins right above it: after the two words saved here, THREAD_PENDING is at a
 * fixed offset.
 *
 * For debuggers they are signal frames: only there may the caller's stack be anywhere.
 */
#pragma once

#include <kernel/offsets.h>

/* Six arguments and the address of the stub. */
#define STUB_ARGS 64
#define STUB_SELF 48

/*
 * The caller's stack pointer is in SP_EL0, which has no number here; its frame record is where the
 * stack ends, but for what a caller keeps below it. CFA: the word at x29; x29 and x30 are there.
 */
.macro STUB_DESCRIBE
	.cfi_escape 0x0f, 3, 0x8d, 0, 0x06
	.cfi_escape 0x10, 29, 2, 0x8d, 0
	.cfi_escape 0x10, 30, 2, 0x8d, 8
.endm

.macro STUB_BEGIN symbol
	.section .text.\symbol, "ax", %progbits
	.balign 4
	.global \symbol
	.type \symbol, %function
\symbol:
	.cfi_startproc
	.cfi_signal_frame
	msr	spsel, #1
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	STUB_DESCRIBE
.endm

.macro STUB_END symbol
	ldr	w9, [sp, #(16 + THREAD_PENDING)]
	cbnz	w9, 1f
	ldp	x29, x30, [sp], #16
	msr	spsel, #0
	ret
1:	b	syscall_exit_slow
	.cfi_endproc
	.size \symbol, . - \symbol
.endm

.macro SYSCALL_STUB name
	STUB_BEGIN uk_sys_\name
	bl	sys_\name
	STUB_END uk_sys_\name
.endm

/* The arguments are kept, so that the call can be made again; the rest is shared (switch.S). */
.macro SYSCALL_STUB_RESTART name
	.section .text.uk_sys_\name, "ax", %progbits
	.balign 4
	.global uk_sys_\name
	.type uk_sys_\name, %function
uk_sys_\name:
	adr	x10, uk_sys_\name
	adr	x9, sys_\name
	b	stub_restart
	.size uk_sys_\name, . - uk_sys_\name
.endm

.macro NOSYS_STUB name, number
	STUB_BEGIN uk_sys_\name
	mov	x0, #\number
	bl	sys_nosys
	STUB_END uk_sys_\name
.endm
