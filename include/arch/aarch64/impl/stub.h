/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. SP_EL1 is the thread's empty kernel stack while it runs in application mode,
 * and struct thread begins right above it: after the two words saved here, THREAD_PENDING is at a
 * fixed offset.
 */
#pragma once

#include <kernel/offsets.h>

/* Six arguments and the address of the stub. */
#define STUB_ARGS 64
#define STUB_SELF 48

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
