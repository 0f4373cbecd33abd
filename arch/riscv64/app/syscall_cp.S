/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cancellation point: __syscall_cp_asm(&self->cancel, stub, a, b, c, d, e, f) calls the stub,
 * or __cancel() when a cancellation is asked for already. The C library takes a program counter
 * in [__cp_begin, __cp_end) to mean that the call has not happened and may be given up by going
 * to __cp_cancel; the frame is therefore laid before __cp_begin and taken down after __cp_cancel.
 */
	.hidden __syscall_cp_asm, __cp_begin, __cp_end, __cp_cancel, __cancel
	.globl __syscall_cp_asm, __cp_begin, __cp_end, __cp_cancel

	.section .text.__syscall_cp_asm, "ax"
	.type __syscall_cp_asm, %function
__syscall_cp_asm:
	.cfi_startproc
	addi sp, sp, -16
	.cfi_def_cfa_offset 16
	sd ra, 8(sp)
	sd s0, 0(sp)
	.cfi_offset ra, -8
	.cfi_offset s0, -16
	addi s0, sp, 16
__cp_begin:
	lw t0, 0(a0)
	bnez t0, __cp_cancel
	mv t0, a1
	mv a0, a2
	mv a1, a3
	mv a2, a4
	mv a3, a5
	mv a4, a6
	mv a5, a7
	jalr t0
__cp_end:
	.cfi_remember_state
	ld ra, 8(sp)
	ld s0, 0(sp)
	addi sp, sp, 16
	.cfi_restore ra
	.cfi_restore s0
	.cfi_def_cfa_offset 0
	ret
	.cfi_restore_state
__cp_cancel:
	ld ra, 8(sp)
	ld s0, 0(sp)
	addi sp, sp, 16
	.cfi_restore ra
	.cfi_restore s0
	.cfi_def_cfa_offset 0
	tail __cancel
	.cfi_endproc
	.size __syscall_cp_asm, . - __syscall_cp_asm

	.section .note.GNU-stack, "", %progbits
