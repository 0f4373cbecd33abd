/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads page 0. */
#include <stdint.h>

int main(int argc, char **argv)
{
	volatile int *place = (volatile int *)(uintptr_t)((argc - 1) * 8);

	(void)argv;
	return *place;
}
