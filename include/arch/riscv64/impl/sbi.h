/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the firmware below [RISC-V SBI 1.0]. Any context. */
#pragma once

#include <impl/sbi_numbers.h>

#define SBI_ALL_HARTS (-1L) /* as the base of a hart mask */

struct sbi_result {
	long error; /* 0 or negative; legacy calls return their value here */
	long value;
};

/* The arguments lie in a0 to a7 as the convention of C has them. */
struct sbi_result sbi_call(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			   unsigned long a4, unsigned long a5, unsigned long function,
			   unsigned long extension);
