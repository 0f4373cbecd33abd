/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that fault. */
#include <stdint.h>
#include <string.h>
#include <unishyper/shell.h>

static int null_write(int argc, char **argv)
{
	(void)argv;
	*(volatile int *)(uintptr_t)(argc - 1) = 1;
	return 0;
}
SHELL_COMMAND(null) = {"null", "", "write to a null pointer", null_write, 0, 0};

static volatile int depth;

static int down(volatile char *above)
{
	volatile char block[1024];

	if (depth++ < 0)
		return 0;
	memset((void *)block, *above + 1, sizeof(block));
	return down(block) + block[5];
}

static int overflow(int argc, char **argv)
{
	volatile char first = (char)argc;

	(void)argv;
	return down(&first);
}
SHELL_COMMAND(overflow) = {"overflow", "", "use more stack than there is", overflow, 0, 0};
