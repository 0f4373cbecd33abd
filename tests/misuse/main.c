/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the kernel to do what its first argument names; see misuse.c. */
#include <stdio.h>

long uk_sys_misuse(const char *what, char *buffer);

/* To be interrupted. */
static _Noreturn void loop(volatile char *ready)
{
	*ready = 1;
	for (;;)
		;
}

int main(int argc, char **argv)
{
	_Alignas(8) char buffer[8] = {0};
	long result = uk_sys_misuse(argc > 1 ? argv[1] : "", buffer);

	if (argc > 2)
		loop(buffer);
	printf("%ld\n", result);
	return result != 0;
}
