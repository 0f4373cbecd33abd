/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes memory until there is none: malloc then says so, and what is freed can be used again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (1 << 20)
#define MOST  4096

int main(void)
{
	static char *blocks[MOST];
	int count[2];

	for (int round = 0; round < 2; round++) {
		int n = 0;

		while (n < MOST && (blocks[n] = malloc(BLOCK)))
			n++;
		if (n == MOST || errno != ENOMEM)
			return 1;
		count[round] = n;
		while (n > 0)
			free(blocks[--n]);
	}
	if (malloc((size_t)1 << 46))
		return 2;
	printf("%s\n", count[0] > 8 && count[0] - count[1] < 3 ? "the same twice" : "lost memory");
	return 0;
}
