/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KNUCLEOTIDE_H
#define KNUCLEOTIDE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The third sequence of the benchmark's own generator, which everybody's input comes from: 5 * n
 * nucleotides of the human frequencies, as numbers 0 to 3 for A C T G. NULL: no memory.
 */
unsigned char *sequence_make(size_t n);

/* How often each string of `length` nucleotides occurs: an open hash table. */
struct count {
	uint64_t key; /* two bits a nucleotide, the first one highest */
	uint32_t times;
};

struct table {
	struct count *counts;
	size_t size, used; /* a power of two */
};

/* 0 or -1: no memory. */
int table_fill(struct table *table, const unsigned char *sequence, size_t size, int length);
uint32_t table_times(const struct table *table, uint64_t key);
void table_free(struct table *table);

#endif
