/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread switch, first entry, application entry, floating-point state, the slow end of a system
 * call.
 */
#include <impl/asm.h>
#include <impl/control.h>
#include <kernel/offsets.h>

#define MSR_FS_BASE 0xc0000100

/* RDI = previous, RSI = next. What is pushed here is what arch_thread_prepare() lays out. */
FUNCTION arch_switch
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, THREAD_KSP(%rdi)
	cmpl	$0, cpu_features + FEATURES_FSGSBASE(%rip)
	je	1f
	rdfsbase %rax
	movq	%rax, THREAD_TP(%rdi)
	movq	%rsi, %gs:CPU_CURRENT
	movq	THREAD_KSP(%rsi), %rsp
	movq	THREAD_TP(%rsi), %rax
	wrfsbase %rax
2:	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdi, %rax
	ret
	/*
	 * Without the instructions only the kernel sets the base, and keeps THREAD_TP up to date.
	 */
1:	movq	%rsi, %gs:CPU_CURRENT
	movq	THREAD_KSP(%rsi), %rsp
	movl	THREAD_TP(%rsi), %eax
	movl	THREAD_TP + 4(%rsi), %edx
	movl	$MSR_FS_BASE, %ecx
	wrmsr
	jmp	2b
END arch_switch

/* RDI = thread: a stack from which arch_switch() returns to thread_begin. */
FUNCTION arch_thread_prepare
	leaq	thread_begin(%rip), %rax
	movq	%rax, -8(%rdi)
	leaq	-64(%rdi), %rax
	stmxcsr	(%rax)				/* rounding and masks are the creator's */
	fnstcw	4(%rax)
	movq	$0, 48(%rax)			/* RBP: the chain of frames ends */
	movq	%rax, THREAD_KSP(%rdi)
	ret
END arch_thread_prepare

FUNCTION thread_begin
	.cfi_undefined %rip
	movq	%rax, %rdi
	call	thread_entry
END thread_begin

/* RDI = the calling thread's new thread pointer. */
FUNCTION arch_set_tp
	movq	%gs:CPU_CURRENT, %rax
	movq	%rdi, THREAD_TP(%rax)
	movl	%edi, %eax
	movq	%rdi, %rdx
	shrq	$32, %rdx
	movl	$MSR_FS_BASE, %ecx
	wrmsr
	ret
END arch_set_tp

/*
 * RDI = pc, RSI = stack, RDX = argument, RCX = thread pointer. The return address, nowhere, is
 * pushed in application mode already: if there is no stack, that is the program's fault.
 */
FUNCTION arch_app_enter
	.cfi_undefined %rip
	movq	%rdi, %r8
	movq	%rdx, %r9
	movq	%rcx, %rdi
	call	arch_set_tp
	movq	%r9, %rdi
	andq	$-16, %rsi
	xorl	%ebp, %ebp
	movq	%rsi, %rsp
	sti
	pushq	$0
	jmp	*%r8
END arch_app_enter

/* RDI = fn, RSI = arg, RDX = stack top */
FUNCTION arch_call_on_stack
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsp
	call	*%rax
	leave
	.cfi_def_cfa %rsp, 8
	ret
END arch_call_on_stack

/*
 * RDI = fn. The area's header must be zero where XRSTOR looks at it [Intel SDM 1 13.8]; FNINIT,
 * because fn may switch to a thread that expects an empty register stack.
 */
FUNCTION arch_fpu_preserved_call
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movl	cpu_features + FEATURES_FPU_BYTES(%rip), %ecx
	subq	%rcx, %rsp
	andq	$-64, %rsp
	movl	cpu_features + FEATURES_XSAVE_MASK(%rip), %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	je	1f
	movq	%rdx, 512(%rsp)
	movq	%rdx, 520(%rsp)
	movq	%rdx, 528(%rsp)
	xsave64	(%rsp)
	fninit
	call	*%rdi
	movl	cpu_features + FEATURES_XSAVE_MASK(%rip), %eax
	xorl	%edx, %edx
	xrstor64 (%rsp)
	leave
	.cfi_remember_state
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_restore_state
1:	fxsave64 (%rsp)
	fninit
	call	*%rdi
	fxrstor64 (%rsp)
	leave
	.cfi_def_cfa %rsp, 8
	ret
END arch_fpu_preserved_call

/*
 * A stub found thread->pending: RAX is the call's result, RBP the application's stack, RCX the
 * stub if the arguments are on top of the thread's stack. What takes over finds on the stack: the
 * result, the stub or 0, the arguments.
 */
FUNCTION syscall_exit_slow
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	xorl	%ecx, %ecx
	jmp	syscall_exit_restart
END syscall_exit_slow

FUNCTION syscall_exit_restart
	.cfi_def_cfa %rbp, 16
	.cfi_offset %rbp, -16
	pushq	%rcx
	pushq	%rax
	movq	%rax, %rdi
	call	syscall_exit_work
	testq	%rax, %rax
	jne	1f
	popq	%rax
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_remember_state
	.cfi_def_cfa %rsp, 8
	sti
	ret
	.cfi_restore_state
1:	jmp	*%rax
END syscall_exit_restart
