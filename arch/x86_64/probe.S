/* SPDX-License-Identifier: BSD-2-Clause */
/* include/arch/probe.h. RDI = address, ESI = bytes, RDX = value or where it goes. */
#include <impl/asm.h>

	.macro PROBE insn:vararg
99:	\insn
	.pushsection .set.fixup.FILES_TERMINAL, "a"
	.long	99b - .
	.long	9f - .
	.popsection
	.endm

/* Linked with the functions (LINKS() of base/compiler.h). */
	.pushsection .set.fixup.FILES_TERMINAL, "a", %progbits
probe_fixups:
	.popsection

FUNCTION arch_probe_load
	.reloc ., BFD_RELOC_NONE, probe_fixups
	xorl	%eax, %eax
	cmpl	$2, %esi
	jb	1f
	je	2f
	cmpl	$4, %esi
	je	4f
	PROBE	movq (%rdi), %rax
	jmp	8f
1:	PROBE	movb (%rdi), %al
	jmp	8f
2:	PROBE	movw (%rdi), %ax
	jmp	8f
4:	PROBE	movl (%rdi), %eax
8:	movq	%rax, (%rdx)
	xorl	%eax, %eax
	ret
9:	movl	$-14, %eax		/* -EFAULT */
	ret
END arch_probe_load

FUNCTION arch_probe_store
	.reloc ., BFD_RELOC_NONE, probe_fixups
	cmpl	$2, %esi
	jb	1f
	je	2f
	cmpl	$4, %esi
	je	4f
	PROBE	movq %rdx, (%rdi)
	jmp	8f
1:	PROBE	movb %dl, (%rdi)
	jmp	8f
2:	PROBE	movw %dx, (%rdi)
	jmp	8f
4:	PROBE	movl %edx, (%rdi)
8:	xorl	%eax, %eax
	ret
9:	movl	$-14, %eax
	ret
END arch_probe_store
