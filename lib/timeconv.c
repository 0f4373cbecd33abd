/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/timeconv.h>

/*
 * to / from as mult / 2^shift, rounded up, with as many bits as go into mult. Rounding up in both
 * directions is what makes the promise of the header hold. Long division by hand, as the CPU has no
 * division of 128 bits; it ends because shift does.
 */
struct timeconv timeconv_ratio(uint64_t to, uint64_t from)
{
	struct timeconv conv = {.mult = to / from};
	uint64_t rest = to % from;

	while (conv.shift < 63 && !(conv.mult >> 63)) {
		conv.shift++;
		conv.mult <<= 1;
		rest <<= 1;
		if (rest >= from) {
			rest -= from;
			conv.mult |= 1;
		}
	}
	if (rest && conv.mult + 1)
		conv.mult++;
	return conv;
}

struct timeconv timeconv_make(uint64_t freq_hz)
{
	return timeconv_ratio(NS_PER_SEC, freq_hz);
}

struct timeconv timeconv_make_inverse(uint64_t freq_hz)
{
	return timeconv_ratio(freq_hz, NS_PER_SEC);
}
