/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alignment and single bits. Pure functions, any context.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both arguments once, of one type. */
#define MIN(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		(void)(&min_a_ == &min_b_);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})
#define MAX(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		(void)(&max_a_ == &max_b_);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})

static inline bool is_pow2(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* `align` is a power of two. align_up wraps to 0 past the last multiple. */
static inline uintptr_t align_down(uintptr_t value, uintptr_t align)
{
	return value & -align;
}

static inline uintptr_t align_up(uintptr_t value, uintptr_t align)
{
	return (value + align - 1) & -align;
}

static inline bool is_aligned(uintptr_t value, uintptr_t align)
{
	return !(value & (align - 1));
}

/*
 * Index of the lowest and of the highest bit that is set (the latter is log2 rounded down); not of
 * 0.
 */
static inline unsigned bit_lowest(uint64_t value)
{
	return (unsigned)__builtin_ctzll(value);
}

static inline unsigned bit_highest(uint64_t value)
{
	return 63 - (unsigned)__builtin_clzll(value);
}

/* The smallest n with 1 << n >= value; value is 1 or more. */
static inline unsigned bit_log2_up(uint64_t value)
{
	return value == 1 ? 0 : bit_highest(value - 1) + 1;
}

#endif
