/* SPDX-License-Identifier: BSD-2-Clause */
/* The input, by the linear congruential generator that the benchmark prescribes. */
#include <stdlib.h>

#include "knucleotide.h"

#define IM 139968
#define IA 3877
#define IC 29573

static unsigned seed = 42;

static double next(void)
{
	seed = (seed * IA + IC) % IM;
	return (double)seed / IM;
}

unsigned char *sequence_make(size_t n)
{
	/* Of A, C, G and T, added up; in the order of our numbers A 0, C 1, G 3, T 2. */
	static const double limits[] = {0.3029549426680, 0.3029549426680 + 0.1979883004921,
					0.3029549426680 + 0.1979883004921 + 0.1975473066391};
	static const unsigned char numbers[] = {0, 1, 3, 2};
	unsigned char *sequence = malloc(5 * n);

	/* The second sequence comes first: as many random numbers as it has nucleotides. */
	for (size_t i = 0; i < 3 * n; i++)
		next();
	for (size_t i = 0; sequence && i < 5 * n; i++) {
		double random = next();
		int which = 0;

		while (which < 3 && random >= limits[which])
			which++;
		sequence[i] = numbers[which];
	}
	return sequence;
}
