/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call stubs. The caller's frame record stays on the application's stack, so the chain of
 * frame pointers goes on through it, and RBP, which every function preserves, brings the stack
 * pointer back. Between the two moves of RSP nothing of the application's memory is touched.
 *
 * The kernel stack is empty in application mode and struct thread begins at its top: after the
 * call, RSP is the thread again.
 *
 * For debuggers they are signal frames: only there may the caller's stack be anywhere.
 */
#pragma once

#include <kernel/offsets.h>

#define STUB_ARGS 48

.macro SYSCALL_STUB name
	.globl	uk_sys_\name
	.type	uk_sys_\name, @function
uk_sys_\name:
	.cfi_startproc
	.cfi_signal_frame
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%gs:CPU_CURRENT, %rsp
	call	sys_\name
	cmpl	$0, THREAD_PENDING(%rsp)
	jne	syscall_exit_slow
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	uk_sys_\name, . - uk_sys_\name
.endm

/* The arguments are kept, so that the call can be made again. */
.macro SYSCALL_STUB_RESTART name
	.globl	uk_sys_\name
	.type	uk_sys_\name, @function
uk_sys_\name:
	.cfi_startproc
	.cfi_signal_frame
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%gs:CPU_CURRENT, %rsp
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	call	sys_\name
	cmpl	$0, STUB_ARGS + THREAD_PENDING(%rsp)
	jne	1f
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_remember_state
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_restore_state
1:	leaq	uk_sys_\name(%rip), %rcx
	jmp	syscall_exit_restart
	.cfi_endproc
	.size	uk_sys_\name, . - uk_sys_\name
.endm

/* A call of the C library that this system does not have. */
.macro NOSYS_STUB name, number
	.globl	uk_sys_\name
	.type	uk_sys_\name, @function
uk_sys_\name:
	.cfi_startproc
	movl	$\number, %edi
	jmp	uk_sys_nosys
	.cfi_endproc
	.size	uk_sys_\name, . - uk_sys_\name
.endm
