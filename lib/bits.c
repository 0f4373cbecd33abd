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

/*
 * The lowest bit alone, multiplied by a number in which each six bits in a row are others: the
 * upper six of the product tell which it was.
 */
#define SEQUENCE UINT64_C(0x03f79d71b4cb0a89)
#define ROW(n)	 PLACE(n), PLACE(n + 1), PLACE(n + 2), PLACE(n + 3)
#define PLACE(n) [SEQUENCE << (n) >> 58] = (n)

int __ctzdi2(uint64_t value)
{
	static const uint8_t places[64] = {
		ROW(0),	 ROW(4),  ROW(8),  ROW(12), ROW(16), ROW(20), ROW(24), ROW(28),
		ROW(32), ROW(36), ROW(40), ROW(44), ROW(48), ROW(52), ROW(56), ROW(60),
	};

	return places[(value & -value) * SEQUENCE >> 58];
}
