/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to both outputs, among other things lines that look like the end of the machine. */
#include <stdio.h>

int main(void)
{
	fputs("exit 9\n", stderr);
	puts("out one");
	fputs("stop nothing\nno newline at the end: exit", stderr);
	puts("exit 8");
	return 5;
}
