/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: floating-point state, from a stub to a frame, from a frame to the application. */
#include <impl/asm.h>
#include <impl/control.h>
#include <impl/trap.h>
#include <kernel/offsets.h>

/* RDI = area, aligned to 64; the header must be zero [Intel SDM 1 13.8]. */
FUNCTION arch_fpu_save
	movl	cpu_features + FEATURES_XSAVE_MASK(%rip), %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	je	1f
	leaq	512(%rdi), %rsi
	movl	$8, %ecx
2:	movq	%rdx, (%rsi)
	addq	$8, %rsi
	decl	%ecx
	jnz	2b
	xsave64	(%rdi)
	ret
1:	fxsave64 (%rdi)
	ret
END arch_fpu_save

FUNCTION arch_fpu_restore
	movl	cpu_features + FEATURES_XSAVE_MASK(%rip), %eax
	xorl	%edx, %edx
	testl	%eax, %eax
	je	1f
	xrstor64 (%rdi)
	ret
1:	fxrstor64 (%rdi)
	ret
END arch_fpu_restore

/* RBP = the stub's frame; on the stack: the call's result, the stub or 0, perhaps arguments. */
FUNCTION arch_syscall_exit_signal
	.cfi_undefined %rip
	movq	%rsp, %rax
	subq	$TRAP_SIZE, %rsp
	movq	%rsp, %rdi
	movl	$TRAP_SIZE / 8, %ecx
1:	movq	$0, -8(%rdi, %rcx, 8)
	decl	%ecx
	jnz	1b
	movq	%r15, 0(%rdi)
	movq	%r14, 8(%rdi)
	movq	%r13, 16(%rdi)
	movq	%r12, 24(%rdi)
	movq	%rbp, TRAP_RBP(%rdi)
	movq	%rbx, 88(%rdi)
	movq	(%rax), %rdx
	movq	%rdx, TRAP_RAX(%rdi)
	movq	8(%rax), %rsi
	leaq	16(%rax), %rdx
	xorl	%ebp, %ebp
	call	signal_syscall_exit
	ud2
END arch_syscall_exit_signal

/* RDI = frame */
FUNCTION arch_frame_resume
	.cfi_undefined %rip
	cli
	movq	%rdi, %rsp
	jmp	trap_return
END arch_frame_resume

	.section .note.GNU-stack, "", @progbits
