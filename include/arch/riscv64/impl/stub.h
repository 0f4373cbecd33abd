/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. sscratch is the current thread, which is also the top of its empty kernel
 * stack. The stack pointer is moved before anything is stored, because a trap from application mode
 * lays its frame right below the top. What is kept: ra, the frame pointer, the application's stack
 * pointer.
 */
#pragma once

#include <kernel/offsets.h>

/* ra at 24, s0 at 16, sp at 8: s0 is then the frame pointer the convention asks for. */
#define STUB_SIZE 32

.macro STUB_BEGIN symbol
	.section .text.\symbol, "ax", @progbits
	.balign 2
	.global \symbol
	.type \symbol, @function
\symbol:
	.cfi_startproc
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

.macro SYSCALL_STUB name
	STUB_BEGIN uk_sys_\name
	call	sys_\name
	STUB_END uk_sys_\name
.endm

.macro NOSYS_STUB name, number
	STUB_BEGIN uk_sys_\name
	li	a0, \number
	call	sys_nosys
	STUB_END uk_sys_\name
.endm
