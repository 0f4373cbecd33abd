/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four functions the compiler calls by itself, for the kernel and the application: integer
 * registers only, no stack. Short blocks are moved by two overlapping halves; long ones by string
 * instructions, which are one instruction a word even where instructions are counted.
 */
#include <impl/asm.h>

/* RDI = to, RSI = from, RDX = size; returns `to`. The blocks may overlap. */
FUNCTION memmove
	movq	%rdi, %rax
	subq	%rsi, %rax
	cmpq	%rdx, %rax		/* `to` inside [from, from + size): backward */
	jae	memcpy
	movq	%rdi, %rax
	cmpq	$16, %rdx
	jbe	memcpy_short		/* loads all before it stores */
1:	movq	-8(%rsi,%rdx), %rcx
	movq	-16(%rsi,%rdx), %r8
	movq	%rcx, -8(%rdi,%rdx)
	movq	%r8, -16(%rdi,%rdx)
	subq	$16, %rdx
	cmpq	$16, %rdx
	ja	1b
	jmp	memcpy_short
END memmove

/* RDI = to, RSI = from, RDX = size; returns `to`. */
FUNCTION memcpy
	movq	%rdi, %rax
	cmpq	$16, %rdx
	jbe	memcpy_short
	cmpq	$32, %rdx
	ja	1f
	movq	(%rsi), %rcx
	movq	8(%rsi), %r8
	movq	-16(%rsi,%rdx), %r9
	movq	-8(%rsi,%rdx), %r10
	movq	%rcx, (%rdi)
	movq	%r8, 8(%rdi)
	movq	%r9, -16(%rdi,%rdx)
	movq	%r10, -8(%rdi,%rdx)
	ret
1:	movq	-8(%rsi,%rdx), %r8	/* the last word by itself: RDX may end in any byte */
	movq	%rdi, %r9
	leaq	-1(%rdx), %rcx
	shrq	$3, %rcx
	rep movsq
	movq	%r8, -8(%r9,%rdx)
	ret
	.globl	memcpy_short
	.hidden	memcpy_short
memcpy_short:				/* at most 16 */
	cmpl	$8, %edx
	jb	2f
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	ret
2:	cmpl	$4, %edx
	jb	3f
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
	ret
3:	testl	%edx, %edx
	je	4f
	movzbl	(%rsi), %ecx
	movzbl	-1(%rsi,%rdx), %r8d
	cmpl	$3, %edx
	jne	5f
	movzbl	1(%rsi), %r9d
	movb	%r9b, 1(%rdi)
5:	movb	%cl, (%rdi)
	movb	%r8b, -1(%rdi,%rdx)
4:	ret
END memcpy

/* RDI = to, ESI = byte, RDX = size; returns `to`. */
FUNCTION memset
	movq	%rdi, %r8
	movzbl	%sil, %esi
	movabsq	$0x0101010101010101, %rax
	imulq	%rsi, %rax
	cmpq	$8, %rdx
	jb	2f
	movq	%rax, -8(%rdi,%rdx)	/* as in memcpy */
	leaq	-1(%rdx), %rcx
	shrq	$3, %rcx
	rep stosq
1:	movq	%r8, %rax
	ret
2:	cmpl	$4, %edx
	jb	3f
	movl	%eax, (%rdi)
	movl	%eax, -4(%rdi,%rdx)
	jmp	1b
3:	testl	%edx, %edx
	je	1b
	movb	%al, (%rdi)		/* the first, the last and the one between */
	movb	%al, -1(%rdi,%rdx)
	shrl	%edx
	movb	%al, (%rdi,%rdx)
	jmp	1b
END memset

/* RDI = a, RSI = b, RDX = size; below, equal to or above 0. */
FUNCTION memcmp
	subq	$8, %rdx
	jb	3f
1:	movq	(%rdi), %rax
	movq	(%rsi), %rcx
	cmpq	%rcx, %rax
	jne	2f
	addq	$8, %rdi
	addq	$8, %rsi
	subq	$8, %rdx
	jae	1b
	movq	(%rdi,%rdx), %rax	/* the last eight, some of them again */
	movq	(%rsi,%rdx), %rcx
	cmpq	%rcx, %rax
	je	6f
2:	bswapq	%rax			/* the first byte decides */
	bswapq	%rcx
	cmpq	%rcx, %rax
	sbbl	%eax, %eax
	orl	$1, %eax
	ret
3:	addq	$8, %rdx
	je	6f
	cmpq	$4, %rdx
	jb	5f
	movl	(%rdi), %eax
	movl	(%rsi), %ecx
	cmpl	%ecx, %eax
	jne	4f
	movl	-4(%rdi,%rdx), %eax
	movl	-4(%rsi,%rdx), %ecx
	cmpl	%ecx, %eax
	je	6f
4:	bswapl	%eax
	bswapl	%ecx
	cmpl	%ecx, %eax
	sbbl	%eax, %eax
	orl	$1, %eax
	ret
5:	movzbl	(%rdi), %eax
	movzbl	(%rsi), %ecx
	subl	%ecx, %eax
	jne	7f
	incq	%rdi
	incq	%rsi
	decq	%rdx
	jne	5b
6:	xorl	%eax, %eax
7:	ret
END memcmp
