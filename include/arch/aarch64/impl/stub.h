/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. SP_EL1 is the thread's empty kernel stack while it runs in application mode,
 * and struct thread begins right above it: after the two words saved here, THREAD_PENDING is at a
 * fixed offset.
 */
#pragma once

#include <kernel/offsets.h>

#define STUB_ARGS 48

.macro STUB_BEGIN symbol
	.section .text.\symbol, "ax", %progbits
	.balign 4
	.global \symbol
	.type \symbol, %function
\symbol:
	.cfi_startproc
	msr	spsel, #1
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	.cfi_def_cfa_register 31
	.cfi_register 30, 30
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

/* The arguments are kept, so that the call can be made again. */
.macro SYSCALL_STUB_RESTART name
	STUB_BEGIN uk_sys_\name
	stp	x0, x1, [sp, #-STUB_ARGS]!
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	bl	sys_\name
	ldr	w9, [sp, #(STUB_ARGS + 16 + THREAD_PENDING)]
	cbnz	w9, 1f
	add	sp, sp, #STUB_ARGS
	ldp	x29, x30, [sp], #16
	msr	spsel, #0
	ret
1:	adr	x9, uk_sys_\name
	b	syscall_exit_restart
	.cfi_endproc
	.size uk_sys_\name, . - uk_sys_\name
.endm

.macro NOSYS_STUB name, number
	STUB_BEGIN uk_sys_\name
	mov	x0, #\number
	bl	sys_nosys
	STUB_END uk_sys_\name
.endm
