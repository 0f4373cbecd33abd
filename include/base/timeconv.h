/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of a counter to nanoseconds and back, by one wide multiplication and a shift. Good for 500
 * years of nanoseconds at any frequency from 1 Hz to 2^40 Hz: nothing overflows and the error stays
 * below 2 ns (below 2 counts).
 *
 *	to_ns = timeconv_make(freq_hz), from_ns = timeconv_make_inverse(freq_hz)
 *
 * A deadline set at timeconv_apply_up(&from_ns, ns) is never early:
 * timeconv_apply(&to_ns, timeconv_apply_up(&from_ns, ns)) >= ns.
 */
#ifndef BASE_TIMECONV_H
#define BASE_TIMECONV_H

#include <stdint.h>

#define NS_PER_SEC UINT64_C(1000000000)

struct timeconv {
	uint64_t mult;
	unsigned shift; /* 1 to 63 */
};

/*
 * Of any two clocks: how many times the one, at `to` Hz, ticks while the other, at `from` Hz, does.
 */
struct timeconv timeconv_ratio(uint64_t to, uint64_t from);

struct timeconv timeconv_make(uint64_t freq_hz);
struct timeconv timeconv_make_inverse(uint64_t freq_hz);

/* Rounded down. */
static inline uint64_t timeconv_apply(const struct timeconv *conv, uint64_t value)
{
	unsigned __int128 product = (unsigned __int128)value * conv->mult;

	/* Two words by hand: a 128-bit shift by a variable is a library call on some CPUs. */
	return (uint64_t)(product >> 64) << (64 - conv->shift) | (uint64_t)product >> conv->shift;
}

/* Rounded up. */
static inline uint64_t timeconv_apply_up(const struct timeconv *conv, uint64_t value)
{
	unsigned __int128 product = (unsigned __int128)value * conv->mult +
				    ((UINT64_C(1) << conv->shift) - 1);

	return (uint64_t)(product >> 64) << (64 - conv->shift) | (uint64_t)product >> conv->shift;
}

#endif
