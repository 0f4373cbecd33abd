/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "knucleotide.h"

#define EMPTY UINT64_MAX

static size_t place_of(const struct table *table, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table->size - 1);

	while (table->counts[at].key != key && table->counts[at].key != EMPTY)
		at = (at + 1) & (table->size - 1);
	return at;
}

static int resize(struct table *table, size_t size)
{
	struct table old = *table;

	table->counts = malloc(size * sizeof(*table->counts));
	if (!table->counts) {
		*table = old;
		return -1;
	}
	table->size = size;
	for (size_t i = 0; i < size; i++)
		table->counts[i].key = EMPTY;
	for (size_t i = 0; i < old.size; i++)
		if (old.counts[i].key != EMPTY)
			table->counts[place_of(table, old.counts[i].key)] = old.counts[i];
	free(old.counts);
	return 0;
}

static int add(struct table *table, uint64_t key)
{
	struct count *count = &table->counts[place_of(table, key)];

	if (count->key == key) {
		count->times++;
		return 0;
	}
	*count = (struct count){key, 1};
	table->used++;
	return table->used * 2 > table->size ? resize(table, table->size * 2) : 0;
}

int table_fill(struct table *table, const unsigned char *sequence, size_t size, int length)
{
	uint64_t key = 0, mask = (UINT64_C(1) << (2 * length)) - 1;

	*table = (struct table){NULL, 0, 0};
	if (resize(table, 64))
		return -1;
	for (size_t i = 0; i < size; i++) {
		key = (key << 2 | sequence[i]) & mask;
		if (i + 1 >= (size_t)length && add(table, key))
			return -1;
	}
	return 0;
}

uint32_t table_times(const struct table *table, uint64_t key)
{
	const struct count *count = &table->counts[place_of(table, key)];

	return count->key == key ? count->times : 0;
}

void table_free(struct table *table)
{
	free(table->counts);
}
