/* SPDX-License-Identifier: BSD-2-Clause */
/* include/arch/user.h. FIXUP: a fault at `fault` that is not served resumes at `resume`. */
#include <impl/asm.h>
	.macro FIXUP fault, resume
	.pushsection .set.fixup, "a"
	.long	\fault - ., \resume - .
	.popsection
	.endm

#define EFAULT 14

/*
 * RDI = to, RSI = from, RDX = size; returns the bytes not copied. Words while they last; the rest,
 * and what remains after a fault, byte by byte, so that the count is exact.
 */
FUNCTION arch_user_copy
	movq	%rdx, %rcx
	andl	$7, %edx
	shrq	$3, %rcx
1:	rep movsq
2:	leaq	(%rdx,%rcx,8), %rcx
3:	rep movsb
4:	movq	%rcx, %rax
	ret
	FIXUP	1b, 2b
	FIXUP	3b, 4b
END arch_user_copy

/* RDI = to, RSI = size; returns the bytes not zeroed. */
FUNCTION arch_user_zero
	movq	%rsi, %rcx
	movl	%esi, %edx
	andl	$7, %edx
	shrq	$3, %rcx
	xorl	%eax, %eax
1:	rep stosq
2:	leaq	(%rdx,%rcx,8), %rcx
3:	rep stosb
4:	movq	%rcx, %rax
	ret
	FIXUP	1b, 2b
	FIXUP	3b, 4b
END arch_user_zero

/* RDI = address, RSI = value. */
FUNCTION arch_user_load32
1:	movl	(%rdi), %eax
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
	FIXUP	1b, user_fault
END arch_user_load32

FUNCTION arch_user_load64
1:	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	xorl	%eax, %eax
	ret
	FIXUP	1b, user_fault
END arch_user_load64

FUNCTION arch_user_store32
1:	movl	%esi, (%rdi)
	xorl	%eax, %eax
	ret
	FIXUP	1b, user_fault
END arch_user_store32

/* RDI = at, RSI = &expected, EDX = desired. */
FUNCTION arch_user_cmpxchg32
	movl	(%rsi), %eax
1:	lock cmpxchgl %edx, (%rdi)
	movl	%eax, (%rsi)
	movl	$0, %eax
	ret
	FIXUP	1b, user_fault
END arch_user_cmpxchg32

FUNCTION arch_user_cmpxchg64
	movq	(%rsi), %rax
1:	lock cmpxchgq %rdx, (%rdi)
	movq	%rax, (%rsi)
	movl	$0, %eax
	ret
	FIXUP	1b, user_fault
END arch_user_cmpxchg64

FUNCTION user_fault
	movl	$-EFAULT, %eax
	ret
END user_fault
