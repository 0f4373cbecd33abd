/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to its own code. */
#include <stdint.h>

int main(void)
{
	volatile char *code = (volatile char *)(uintptr_t)main;

	code[0] = 0;
	return 0;
}
