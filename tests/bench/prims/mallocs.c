/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator: a pair, and the most that one call takes. */
#include <errno.h>
#include <stdlib.h>

#include "prims.h"

#define SLOTS	 1000
#define CALLS	 100000
#define SIZE_MIN 16
#define SIZE_MAX 2048

static void *slots[SLOTS];

static void pair(void)
{
	char *volatile block = malloc(64);

	free(block);
}

/* Not the only block there is. */
static int malloc64(void)
{
	slots[0] = malloc(64);
	return COUNT(pair());
}

static size_t random_size(void)
{
	return SIZE_MIN + next_random() % (SIZE_MAX - SIZE_MIN + 1);
}

/* All slots full, all bytes touched. */
static int grow(void)
{
	for (int i = 0; i < SLOTS; i++) {
		size_t size = random_size();

		if (slots[i])
			continue;
		slots[i] = malloc(size);
		if (!slots[i])
			return -ENOMEM;
		for (size_t k = 0; k < size; k += SIZE_MIN)
			((volatile char *)slots[i])[k] = 1;
	}
	return 0;
}

/*
 * Random calls in a heap that was full three times: each malloc is between marks 0 and 1, each
 * free between 2 and 3.
 */
static int malloc_worst(void)
{
	for (int turn = 0; turn < 3; turn++) {
		if (grow())
			return -ENOMEM;
		for (int i = turn & 1; i < SLOTS; i += 1 + (turn < 2)) {
			free(slots[i]);
			slots[i] = NULL;
		}
	}
	for (int i = 0; i < CALLS; i++) {
		void **slot = &slots[next_random() % SLOTS], *block;
		size_t size = random_size();

		if (*slot) {
			block = *slot;
			MARK(2);
			free(block);
			MARK(3);
			*slot = NULL;
			continue;
		}
		MARK(0);
		block = malloc(size);
		MARK(1);
		if (!block)
			return -ENOMEM;
		*slot = block;
		for (size_t k = 0; k < size; k += SIZE_MIN)
			((volatile char *)block)[k] = 1;
	}
	return CALLS;
}

const struct row malloc_rows[] = {
	{"malloc64", malloc64}, {"malloc_worst", malloc_worst}, {NULL, NULL}};
