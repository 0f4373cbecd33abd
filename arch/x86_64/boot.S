/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry by the PVH contract [Xen docs/misc/pvh.pandoc]: 32-bit protected mode, flat segments,
 * paging off, EBX = physical address of hvm_start_info, no stack. From here to long mode with the
 * image at its link address.
 */
#include <impl/layout.h>
#include <impl/control.h>
#include <kernel/offsets.h>

#define PAGE	4096
#define SCRATCH 0x800	/* in page 0, which has held RAM since the first PC */

	.section .text.boot, "ax"
	.code32
	.globl	_start
	.type	_start, @function
_start:
	cli
	cld
	rdtsc
	movl	%eax, %esi		/* EBP:ESI: entry counter */
	movl	%edx, %ebp

	/* Where are we? A call needs four bytes of stack; they are put back. */
	movl	SCRATCH - 4, %ecx
	movl	$SCRATCH, %esp
	call	1f
1:	popl	%edx
	movl	%ecx, SCRATCH - 4
	subl	$(1b - _start), %edx	/* EDX: the image, whose first byte is _start */

	/*
	 * Three tables at the end of the boot pool (boot_map() starts at its other end) map the
	 * image's 2 MiB blocks to themselves, just to get through the change of mode.
	 */
	leal	(__boot_tables_end - _start - 3 * PAGE)(%edx), %edi
	movl	%edi, %esp
	movl	$(3 * PAGE / 4), %ecx
	xorl	%eax, %eax
	rep stosl
	leal	(PAGE + 3)(%esp), %eax
	movl	%eax, (%esp)
	movl	%edx, %ecx
	shrl	$30, %ecx
	addl	$PAGE, %eax
	movl	%eax, PAGE(%esp, %ecx, 8)
	movl	%edx, %ecx
	shrl	$21, %ecx
	leal	(__image_end - _start)(%edx), %edi
2:	movl	%ecx, %eax
	shll	$21, %eax
	cmpl	%edi, %eax
	jae	3f
	orl	$0x83, %eax
	pushl	%ecx
	andl	$511, %ecx
	movl	%eax, (2 * PAGE + 4)(%esp, %ecx, 8)
	popl	%ecx
	incl	%ecx
	jmp	2b

3:	movl	$CR4_BOOT, %eax
	movl	%eax, %cr4
	movl	%esp, %cr3
	movl	%edx, %edi
	movl	$MSR_EFER, %ecx
	movl	$EFER_BOOT, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_BOOT, %eax
	movl	%eax, %cr0

	leal	(__boot_stack_top - _start - THREAD_SIZE)(%edi), %esp
	leal	(boot_gdt - _start)(%edi), %eax
	pushl	%eax
	pushw	$(boot_gdt_end - boot_gdt - 1)
	lgdt	(%esp)
	leal	(4f - _start)(%edi), %eax
	pushl	$SELECTOR_CODE
	pushl	%eax
	lret

	/* Until the roots are loaded, RBX, R12, R13 = start info, image, entry counter. */
	.code64
4:	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%ebx, %ebx
	movl	%edi, %r12d
	movl	%esi, %r13d
	shlq	$32, %rbp
	orq	%rbp, %r13
	leaq	__boot_stack_top - THREAD_SIZE(%rip), %rsp
	leaq	__bss_start(%rip), %rdi
	leaq	__bss_end(%rip), %rcx
	subq	%rdi, %rcx
	shrl	$3, %ecx		/* both are multiples of 8 (link script) */
	xorl	%eax, %eax
	rep stosq
	xorl	%ebp, %ebp
	subq	$16, %rsp
	movq	%r12, %rdi
	movq	%rsp, %rsi
	call	boot_map
	popq	%rax
	movq	%rax, %cr3

	/* To the link address: nothing relocatable may stand in the text, so it is computed. */
	leaq	5f(%rip), %rax
	subq	%r12, %rax
	movabsq	$ARCH_IMAGE_BASE, %rcx
	addq	%rcx, %rax
	jmp	*%rax
5:	leaq	__boot_stack_top - THREAD_SIZE(%rip), %rsp
	movq	%rbx, %rdi
	movq	%r12, %rsi
	movq	%r13, %rdx
	movq	%rsp, %rcx
	call	boot_cpu_start
	call	thread_init_boot
	call	kmain
	ud2
	.size	_start, . - _start

	.balign 8
boot_gdt:
	.quad	0
	.quad	GDT_CODE
	.quad	GDT_DATA
boot_gdt_end:

/*
 * Other CPUs begin here in real mode, by a start-up interrupt [Intel SDM 3A 9.4.4], in a copy of
 * this code at physical address 0, and go to long mode in one step. smp.c fills in the words at the
 * end.
 */
	.section .rodata.smp_trampoline, "a"
	.balign 8
	.globl	smp_trampoline, smp_trampoline_end, smp_trampoline_cr3, smp_trampoline_cpu
	.globl	smp_trampoline_entry
	.code16
#define AT(label) (label - smp_trampoline)
smp_trampoline:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movl	$CR4_BOOT, %eax
	movl	%eax, %cr4
	movl	AT(smp_trampoline_cr3), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_BOOT, %eax
	xorl	%edx, %edx
	wrmsr
	lgdtl	AT(trampoline_gdtr)
	movl	$CR0_BOOT, %eax
	movl	%eax, %cr0
	ljmpl	$SELECTOR_CODE, $AT(1f)
	.code64
1:	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	smp_trampoline_cpu(%rip), %rdi
	jmp	*smp_trampoline_entry(%rip)
	.balign 8
trampoline_gdt:
	.quad	0
	.quad	GDT_CODE
	.quad	GDT_DATA
trampoline_gdtr:
	.word	. - trampoline_gdt - 1
	.long	AT(trampoline_gdt)
	.balign 8
smp_trampoline_cr3:
	.quad	0
smp_trampoline_cpu:
	.quad	0
smp_trampoline_entry:
	.quad	0
smp_trampoline_end:

/*
 * RDI = struct cpu; its current thread is set, and struct thread is the top of that thread's stack.
 */
	.section .text.smp_entry, "ax"
	.globl	smp_entry
	.type	smp_entry, @function
smp_entry:
	.cfi_startproc
	.cfi_undefined %rip
	movq	CPU_CURRENT(%rdi), %rsp
	xorl	%ebp, %ebp
	call	smp_cpu_start
	ud2
	.cfi_endproc
	.size	smp_entry, . - smp_entry
