/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trap entry. The CPU enters on a small stack of its own (IST), for what is on the interrupted
 * stack may be the application's, or full. The frame is built where it belongs and everything runs
 * from there:
 *
 *	interrupted on			frame
 *	the thread's kernel stack	below RSP - 128 (kernel mode)
 *	the CPU's interrupt stack	below RSP - 128 (kernel mode)
 *	the emergency stack		below RSP - 128 (kernel mode)
 *	one of them, no room		emergency stack; the kernel stops
 *	anything else			top of the thread's kernel stack (application mode)
 *
 * 128: the compiler's support library keeps data below RSP.
 */
#include <impl/trap.h>
#include <kernel/offsets.h>

#define STACK_ROOM	 (TRAP_STACK - THREAD_SIZE - TRAP_ROOM)
#define STACK_WITH_GUARD (TRAP_STACK - THREAD_SIZE + TRAP_STACK)
#define SMALL_ROOM	 (TRAP_STACK_SMALL - TRAP_ROOM)
#define SMALL_WITH_GUARD (TRAP_STACK_SMALL + TRAP_STACK)

/* What the CPU and the first lines of trap_entry leave on the small stack. */
#define IST_RDX	   0
#define IST_RCX	   8
#define IST_RAX	   16
#define IST_VECTOR 24
#define IST_ERROR  32
#define IST_RIP	   40
#define IST_CS	   48
#define IST_RFLAGS 56
#define IST_RSP	   64
#define IST_SS	   72

	.macro JUMP_LONG target
	.byte	0xe9
	.long	\target - . - 4
	.endm

/* The same instruction in both halves of a block: forward to its middle or back. */
	.macro JUMP_SHARED label
	.if vector & 16
	jmp	\label\()b
	.else
	jmp	\label\()f
	.endif
	.endm

/*
 * Four bytes a vector, in blocks of 32 around the jumps they share, which so are within 127 bytes.
 * TRAP_VECTOR_OFFSET is this layout.
 */
	.section .text.trap, "ax"
	.globl	trap_vectors
	.type	trap_vectors, @function
trap_vectors:
	.cfi_startproc
	.cfi_signal_frame
	.set	vector, 0
	.rept	VECTOR_COUNT / 32
	.rept	2
	.rept	16
	pushq	$vector
	.if vector == 2 || vector == 18
	JUMP_SHARED 3
	.elseif vector == 8
	JUMP_SHARED 4
	.elseif vector < 32 && (TRAP_WITH_CODE >> (vector & 31)) & 1
	JUMP_SHARED 2
	.else
	JUMP_SHARED 1
	.endif
	.set	vector, vector + 1
	.endr
	.if vector & 16
1:	JUMP_LONG trap_no_code
2:	JUMP_LONG trap_entry
3:	JUMP_LONG trap_fatal_no_code
4:	JUMP_LONG trap_fatal
	.endif
	.endr
	.endr
	.cfi_endproc
	.size	trap_vectors, . - trap_vectors

	.type	trap_entry, @function
	.cfi_startproc
	.cfi_signal_frame
trap_no_code:
	pushq	(%rsp)
trap_entry:
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	movq	%rsp, %rax
	movq	IST_RSP(%rax), %rdx
	movq	%gs:CPU_CURRENT, %rcx	/* also the top of the thread's kernel stack */
	subq	%rdx, %rcx
	cmpq	$STACK_ROOM, %rcx
	ja	.Lother_stack
.Lbelow:
	addq	$-128, %rdx
	andq	$-16, %rdx
.Lbuild:
	movq	%rdx, %rsp
	pushq	IST_SS(%rax)
	pushq	IST_RSP(%rax)
	pushq	IST_RFLAGS(%rax)
	pushq	IST_CS(%rax)
	pushq	IST_RIP(%rax)
	pushq	IST_ERROR(%rax)
	pushq	IST_VECTOR(%rax)
	pushq	IST_RAX(%rax)
	pushq	IST_RCX(%rax)
	pushq	IST_RDX(%rax)
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15

	/*
	 * The small stack is free again. A frame record of the interrupted function for backtraces.
	 */
	movq	%rsp, %rdi
	pushq	TRAP_RIP(%rdi)
	pushq	%rbp
	movq	%rsp, %rbp
	.cfi_def_cfa %rbp, 16 + TRAP_SIZE
	.cfi_offset %r15, 0 - TRAP_SIZE
	.cfi_offset %r14, 8 - TRAP_SIZE
	.cfi_offset %r13, 16 - TRAP_SIZE
	.cfi_offset %r12, 24 - TRAP_SIZE
	.cfi_offset %r11, 32 - TRAP_SIZE
	.cfi_offset %r10, 40 - TRAP_SIZE
	.cfi_offset %r9, 48 - TRAP_SIZE
	.cfi_offset %r8, 56 - TRAP_SIZE
	.cfi_offset %rdi, 64 - TRAP_SIZE
	.cfi_offset %rsi, 72 - TRAP_SIZE
	.cfi_offset %rbp, TRAP_RBP - TRAP_SIZE
	.cfi_offset %rbx, 88 - TRAP_SIZE
	.cfi_offset %rdx, 96 - TRAP_SIZE
	.cfi_offset %rcx, 104 - TRAP_SIZE
	.cfi_offset %rax, TRAP_RAX - TRAP_SIZE
	.cfi_offset %rip, TRAP_RIP - TRAP_SIZE
	.cfi_offset %rsp, TRAP_RSP - TRAP_SIZE
	movl	TRAP_VECTOR(%rdi), %eax
	movl	%eax, %gs:CPU_ARCH + CPU_ARCH_VECTOR
	subl	$VECTOR_LINE, %eax
	cmpl	$VECTOR_COUNT - VECTOR_LINE, %eax
	jb	.Linterrupt
	call	arch_trap_fault
.Lreturn:
	leaq	16(%rbp), %rsp
	.globl	trap_return
trap_return:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

	.cfi_def_cfa %rbp, 16 + TRAP_SIZE
.Linterrupt:
	movq	%gs:CPU_IRQ_STACK_TOP, %rsp
	call	arch_trap_interrupt
	movq	%rbp, %rsp
	leaq	16(%rbp), %rdi
	xorl	%esi, %esi
	leaq	16 + TRAP_SIZE(%rbp), %rax
	cmpq	%gs:CPU_CURRENT, %rax	/* on top of the kernel stack: from application mode */
	sete	%sil
	call	trap_exit
	jmp	.Lreturn

.Lother_stack:
	cmpq	$STACK_WITH_GUARD, %rcx
	jbe	.Lno_room
	movq	%gs:CPU_IRQ_STACK_TOP, %rcx
	subq	%rdx, %rcx
	cmpq	$SMALL_ROOM, %rcx
	jbe	.Lbelow
	cmpq	$SMALL_WITH_GUARD, %rcx
	jbe	.Lno_room
	movq	%gs:CPU_EMERGENCY_TOP, %rcx
	subq	%rdx, %rcx
	cmpq	$SMALL_WITH_GUARD, %rcx
	jbe	.Lno_room
	movq	%gs:CPU_CURRENT, %rdx
	jmp	.Lbuild

trap_fatal_no_code:
	pushq	(%rsp)
trap_fatal:
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	movq	%rsp, %rax
	movq	IST_RSP(%rax), %rdx
.Lno_room:
	orl	$TRAP_EMERGENCY, IST_VECTOR(%rax)
	movq	%gs:CPU_EMERGENCY_TOP, %rcx
	subq	%rdx, %rcx
	cmpq	$SMALL_ROOM, %rcx
	jbe	.Lbelow
	movq	%gs:CPU_EMERGENCY_TOP, %rdx
	jmp	.Lbuild
	.cfi_endproc
	.size	trap_entry, . - trap_entry
