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
	stp x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov x29, sp
__cp_begin:
	ldr w0, [x0]
	cbnz w0, __cp_cancel
	mov x9, x1
	mov x0, x2
	mov x1, x3
	mov x2, x4
	mov x3, x5
	mov x4, x6
	mov x5, x7
	blr x9
__cp_end:
	.cfi_remember_state
	ldp x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	ret
	.cfi_restore_state
__cp_cancel:
	ldp x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	b __cancel
	.cfi_endproc
	.size __syscall_cp_asm, . - __syscall_cp_asm

	.section .note.GNU-stack, "", %progbits
