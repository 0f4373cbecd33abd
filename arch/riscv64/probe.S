/* SPDX-License-Identifier: BSD-2-Clause */
/* include/arch/probe.h. a0 = address, a1 = bytes, a2 = value or where it goes. */
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
	li	t0, 2
	bltu	a1, t0, 1f
	beq	a1, t0, 2f
	li	t0, 4
	beq	a1, t0, 4f
	PROBE	ld a3, 0(a0)
	j	8f
1:	PROBE	lbu a3, 0(a0)
	j	8f
2:	PROBE	lhu a3, 0(a0)
	j	8f
4:	PROBE	lwu a3, 0(a0)
8:	sd	a3, 0(a2)
	li	a0, 0
	ret
9:	li	a0, -14			/* -EFAULT */
	ret
END arch_probe_load

FUNCTION arch_probe_store
	.reloc ., BFD_RELOC_NONE, probe_fixups
	li	t0, 2
	bltu	a1, t0, 1f
	beq	a1, t0, 2f
	li	t0, 4
	beq	a1, t0, 4f
	PROBE	sd a2, 0(a0)
	j	8f
1:	PROBE	sb a2, 0(a0)
	j	8f
2:	PROBE	sh a2, 0(a0)
	j	8f
4:	PROBE	sw a2, 0(a0)
8:	li	a0, 0
	ret
9:	li	a0, -14
	ret
END arch_probe_store
