/* SPDX-License-Identifier: BSD-2-Clause */
/* Says that it is ready and then computes for ever. */
#include <stdio.h>

int main(void)
{
	volatile unsigned long count = 0;

	puts("ready");
	fflush(stdout);
	for (;;)
		count++;
}
