/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads one line only, whatever more there is. */
#include <stdio.h>

int main(void)
{
	char line[128];

	if (!fgets(line, sizeof(line), stdin))
		return 1;
	printf("got %s", line);
	return 0;
}
