/* SPDX-License-Identifier: BSD-2-Clause */
/* include/arch/probe.h. x0 = address, w1 = bytes, x2 = value or where it goes. */
#include "macros.h"

	.macro PROBE insn:vararg
99:	\insn
	.pushsection .set.fixup.FILES_TERMINAL, "a", %progbits
	.word	99b - .
	.word	9f - .
	.popsection
	.endm

/* Linked with the functions (LINKS() of base/compiler.h). */
	.pushsection .set.fixup.FILES_TERMINAL, "a", %progbits
probe_fixups:
	.popsection

FUNCTION arch_probe_load
	.reloc ., BFD_RELOC_NONE, probe_fixups
	cmp	w1, #2
	b.lo	1f
	b.eq	2f
	cmp	w1, #4
	b.eq	4f
	PROBE	ldr x3, [x0]
	b	8f
1:	PROBE	ldrb w3, [x0]
	b	8f
2:	PROBE	ldrh w3, [x0]
	b	8f
4:	PROBE	ldr w3, [x0]
8:	dsb	sy			/* a fault that is late comes here */
	str	x3, [x2]
	mov	w0, #0
	ret
9:	mov	w0, #-14		/* -EFAULT */
	ret
END arch_probe_load

FUNCTION arch_probe_store
	.reloc ., BFD_RELOC_NONE, probe_fixups
	cmp	w1, #2
	b.lo	1f
	b.eq	2f
	cmp	w1, #4
	b.eq	4f
	PROBE	str x2, [x0]
	b	8f
1:	PROBE	strb w2, [x0]
	b	8f
2:	PROBE	strh w2, [x0]
	b	8f
4:	PROBE	str w2, [x0]
8:	dsb	sy
	mov	w0, #0
	ret
9:	mov	w0, #-14
	ret
END arch_probe_store
