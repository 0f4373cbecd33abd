/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes all memory in small blocks, each linked to the one before: malloc says ENOMEM, the blocks
 * hold what was written, and when they are free there is as much as before. Then the same with
 * another size.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
	struct node *next;
	unsigned long number;
};

static unsigned long fill(size_t size)
{
	struct node *list = NULL, *node;
	unsigned long n = 0, seen;

	errno = 0;
	while ((node = malloc(size))) {
		node->next = list;
		node->number = n++;
		list = node;
	}
	if (errno != ENOMEM)
		return 0;
	errno = 0;
	if (calloc(1, size) || realloc(list, 1 << 20) || errno != ENOMEM)
		return 0;
	for (seen = n; list; list = node) {
		if (list->number != --seen)
			return 0;
		node = list->next;
		free(list);
	}
	return seen ? 0 : n * size;
}

int main(void)
{
	unsigned long first = fill(48), second = fill(1000), third = fill(48);

	fprintf(stderr, "%lu %lu %lu bytes\n", first, second, third);
	printf("%s\n", !first || !second || !third  ? "wrong"
		       : third < first - first / 16 ? "lost memory"
		       : second < first / 2	    ? "memory stays with one size"
						    : "the same again");
	return 0;
}
