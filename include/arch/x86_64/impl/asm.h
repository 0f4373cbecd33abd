/* SPDX-License-Identifier: BSD-2-Clause */
/* For assembly: functions, each in its own section so that the linker can leave it out. */
#pragma once

	.macro FUNCTION name
	.section .text.\name, "ax"
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm

	.macro END name
	.cfi_endproc
	.size	\name, . - \name
	.endm
