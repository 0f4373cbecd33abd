/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes as many bytes as the argument says, a pattern that holds every value. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;

	for (unsigned long i = 0; i < count; i++)
		putchar((int)((i + i / 256 + i / 65536) & 0xff));
	return fflush(stdout) ? 1 : 0;
}
