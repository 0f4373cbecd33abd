/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. sscratch is the current thread, which is also the top of its empty kernel
 * stack. The stack pointer is moved before anything is stored, because a trap from application mode
 * lays its frame right below the top. What is kept: ra, the frame pointer, the application's stack
 * pointer.
 *
 * For debuggers they are signal frames: only there may the caller's stack be anywhere.
 */
#pragma once

#include <kernel/offsets.h>

/* ra at 24, s0 at 16, sp at 8: s0 is then the frame pointer the convention asks for. */
#define STUB_SIZE 32
#define STUB_ARGS 48

.macro STUB_BEGIN symbol
	.section .text.\symbol, "ax", @progbits
	.balign 2
	.global \symbol
	.type \symbol, @function
\symbol:
	.cfi_startproc
	.cfi_signal_frame
	mv	t0, sp
	.cfi_def_cfa_register t0
	csrr	sp, sscratch
	addi	sp, sp, -STUB_SIZE
	sd	t0, 8(sp)
	.cfi_escape 0x0f, 3, 0x72, 8, 0x06	/* CFA: the word at sp + 8 */
	sd	ra, 24(sp)
	.cfi_escape 0x10, 1, 2, 0x72, 24	/* ra: at sp + 24 */
	sd	s0, 16(sp)
	.cfi_escape 0x10, 8, 2, 0x72, 16	/* s0: at sp + 16 */
	addi	s0, sp, STUB_SIZE
.endm

.macro STUB_END symbol
	lw	t0, THREAD_PENDING(s0)
	bnez	t0, 1f
	ld	ra, 24(sp)
	ld	s0, 16(sp)
	ld	sp, 8(sp)
	.cfi_remember_state
	.cfi_same_value ra
	.cfi_same_value s0
	.cfi_def_cfa sp, 0
	ret
	.cfi_restore_state
1:	tail	syscall_exit_slow
	.cfi_endproc
	.size \symbol, . - \symbol
.endm

/* Arguments of 32 bits without a sign are sign-extended [riscv-cc 2.1]: they came as a long. */
.macro EXTEND words:vararg
	.irp	n, \words
	.ifnb	\n
	sext.w	a\n, a\n
	.endif
	.endr
.endm

.macro SYSCALL_STUB name, words:vararg
	STUB_BEGIN uk_sys_\name
	EXTEND \words
	call	sys_\name
	STUB_END uk_sys_\name
.endm

/* The arguments are kept, so that the call can be made again. */
.macro SYSCALL_STUB_RESTART name, words:vararg
	.section .text.uk_sys_\name, "ax", @progbits
	.balign 2
	.global uk_sys_\name
	.type uk_sys_\name, @function
uk_sys_\name:
	.cfi_startproc
	.cfi_signal_frame
	mv	t0, sp
	.cfi_def_cfa_register t0
	csrr	sp, sscratch
	addi	sp, sp, -(STUB_SIZE + STUB_ARGS)
	sd	t0, (STUB_ARGS + 8)(sp)
	.cfi_escape 0x0f, 3, 0x72, 56, 0x06	/* as above, 48 further up */
	sd	ra, (STUB_ARGS + 24)(sp)
	.cfi_escape 0x10, 1, 3, 0x72, 0xc8, 0x00
	sd	s0, (STUB_ARGS + 16)(sp)
	.cfi_escape 0x10, 8, 3, 0x72, 0xc0, 0x00
	addi	s0, sp, STUB_SIZE + STUB_ARGS
	sd	a0, 0(sp)
	sd	a1, 8(sp)
	sd	a2, 16(sp)
	sd	a3, 24(sp)
	sd	a4, 32(sp)
	sd	a5, 40(sp)
	EXTEND \words
	call	sys_\name
	lw	t0, THREAD_PENDING(s0)
	bnez	t0, 1f
	ld	ra, (STUB_ARGS + 24)(sp)
	ld	s0, (STUB_ARGS + 16)(sp)
	ld	sp, (STUB_ARGS + 8)(sp)
	.cfi_remember_state
	.cfi_same_value ra
	.cfi_same_value s0
	.cfi_def_cfa sp, 0
	ret
	.cfi_restore_state
1:	lla	t1, uk_sys_\name
	tail	syscall_exit_restart
	.cfi_endproc
	.size uk_sys_\name, . - uk_sys_\name
.endm

.macro NOSYS_STUB name, number
	STUB_BEGIN uk_sys_\name
	li	a0, \number
	call	sys_nosys
	STUB_END uk_sys_\name
.endm
