/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads all of standard input and prints its length and a checksum. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	unsigned long count = 0;
	uint32_t sum = 1;

	for (int c; (c = getchar()) != EOF; count++)
		sum = sum * 31 + (uint32_t)c;
	printf("%lu %08x\n", count, sum);
	return 0;
}
