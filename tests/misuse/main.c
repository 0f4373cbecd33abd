/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the kernel to do what its first argument names; see misuse.c. */
#include <stdio.h>

long uk_sys_misuse(const char *what, char *buffer);

int main(int argc, char **argv)
{
	char buffer[8] = "unread";
	long result = uk_sys_misuse(argc > 1 ? argv[1] : "", buffer);

	printf("%ld\n", result);
	return result != 0;
}
