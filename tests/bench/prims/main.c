/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the row its argument names; see prims.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "prims.h"

static const struct row *const lists[] = {call_rows,   lock_rows,   switch_rows,
					  thread_rows, malloc_rows, file_rows};

unsigned next_random(void)
{
	static unsigned long long state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 16);
}

static int count_getppid(void)
{
	return COUNT(getppid());
}

const struct row call_rows[] = {{"getppid", count_getppid}, {NULL, NULL}};

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct row *row = lists[i]; row->name; row++) {
			int rounds;

			if (argc < 2 || strcmp(row->name, argv[1]))
				continue;
			rounds = row->run();
			if (rounds < 0) {
				fprintf(stderr, "%s: %s\n", row->name, strerror(-rounds));
				return SKIPPED;
			}
			printf("rounds %d\n", rounds);
			return 0;
		}
	fprintf(stderr, "prims: no such row\n");
	return 2;
}
