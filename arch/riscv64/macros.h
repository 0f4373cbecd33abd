/* SPDX-License-Identifier: BSD-2-Clause */
/* For the assembly of this folder. */
#pragma once

#include <impl/csr.h>
#include <impl/trap.h>
#include <kernel/offsets.h>

/*
 * Alignment is the section's: with relaxation on, .balign would put no-ops in front of the
 * function.
 */
.macro FUNCTION name, align=2
	.section .text.\name, "ax", @progbits
	.option push
	.option norelax
	.balign \align
	.option pop
	.global \name
	.type \name, @function
\name:
	.cfi_startproc
.endm

.macro END name
	.cfi_endproc
	.size \name, . - \name
.endm

/*
 * An instruction that may fault, and where to go on if its fault cannot be served (struct fixup).
 */
.macro MAY_FAULT resume, insn:vararg
9999:	\insn
	.pushsection .set.fixup, "a", @progbits
	.4byte	9999b - .
	.4byte	\resume - .
	.popsection
.endm
