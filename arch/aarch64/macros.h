/* SPDX-License-Identifier: BSD-2-Clause */
/* For the assembly of this folder: functions, each in its own section. */
#pragma once

/* A file may say otherwise before it includes this. */
#ifndef FUNCTION_PLACE
#define FUNCTION_PLACE .text
#endif
#ifndef FUNCTION_ALIGN
#define FUNCTION_ALIGN 4
#endif

	.macro FUNCTION name, place=FUNCTION_PLACE
	.section \place\().\name, "ax", %progbits
	.balign FUNCTION_ALIGN
	.global \name
	.type \name, %function
\name:
	.cfi_startproc
	.endm

	.macro END name
	.cfi_endproc
	.size \name, . - \name
	.endm
