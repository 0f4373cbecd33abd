/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler calls for bit_lowest and bit_highest on a CPU without such instructions; the
 * names are the compiler's. Smaller than the ones of its own library, and not linked where nothing
 * calls them.
 */
#include <stdint.h>

int __ctzdi2(uint64_t value);
int __clzdi2(uint64_t value);

int __clzdi2(uint64_t value)
{
	int zeros = 63;

	/* Each switch of threads comes here: the steps in full are a third of a loop. */
#define STEP(half)                                                                                 \
	if (value >> (half)) {                                                                     \
		value >>= (half);                                                                  \
		zeros -= (half);                                                                   \
	}
	STEP(32)
	STEP(16)
	STEP(8)
	STEP(4)
	STEP(2)
	return value >> 1 ? zeros - 1 : zeros;
}

int __ctzdi2(uint64_t value)
{
	int zeros = 0;

	for (int half = 32; half; half >>= 1)
		if (!(value << (64 - half))) {
			value >>= half;
			zeros += half;
		}
	return zeros;
}
