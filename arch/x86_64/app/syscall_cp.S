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
	.type __syscall_cp_asm, @function
__syscall_cp_asm:
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
__cp_begin:
	mov (%rdi), %eax
	test %eax, %eax
	jnz __cp_cancel
	mov %rsi, %rax
	mov %rdx, %rdi
	mov %rcx, %rsi
	mov %r8, %rdx
	mov %r9, %rcx
	mov 16(%rbp), %r8
	mov 24(%rbp), %r9
	call *%rax
__cp_end:
	.cfi_remember_state
	pop %rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_restore_state
__cp_cancel:
	mov %rbp, %rsp
	pop %rbp
	.cfi_def_cfa %rsp, 8
	jmp __cancel
	.cfi_endproc
	.size __syscall_cp_asm, . - __syscall_cp_asm

	.section .note.GNU-stack, "", @progbits
