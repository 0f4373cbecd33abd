/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Wno-psabi
/* Against the compiler's own functions, which this machine has under the usual names. */
#include "unit.h"

#define QUAD_NAME(name) ours##name
#include "../../posix/start/quad.c"

static const int directions[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static bits random_bits(uint64_t *seed)
{
	return (bits)unit_random(seed) << 64 | unit_random(seed);
}

/* Numbers of the kinds where something may go wrong, near each other more often than not. */
static quad random_quad(uint64_t *seed, bits near)
{
	bits value = random_bits(seed);

	switch (unit_random(seed) % 12) {
	case 0:
		value = (value & SIGN) | (value & 3); /* about 0 */
		break;
	case 1:
		value = (value & SIGN) | (INFINITE + (value & 3) - 1); /* about infinity */
		break;
	case 2:
		value &= SIGN | (LEADING - 1); /* subnormal */
		break;
	case 3:
	case 4:
	case 5: /* an exponent nearby */
		value = (value & (SIGN | (LEADING - 1))) |
			((near + (((bits)(unit_random(seed) % 240) - 120) << FRACTION)) & INFINITE);
		break;
	case 6: /* few bits */
		value &= SIGN | INFINITE | ~(bits)0 << (unit_random(seed) % 113);
		break;
	case 7: /* nearly the same, the other way round perhaps */
		value = near ^ (value & SIGN) ^ ((bits)1 << unit_random(seed) % 112);
		break;
	case 8: /* the product is near the smallest */
		value = (value & (SIGN | (LEADING - 1))) |
			(((bits)(BIAS - exponent_of(near) + (int)(unit_random(seed) % 240) - 120)
			  << FRACTION) &
			 INFINITE);
		break;
	default:
		break;
	}
	return quad_of(value);
}

static bool same(quad a, quad b)
{
	return bits_of(a) == bits_of(b) || (a != a && b != b);
}

/* 0: the same result and exceptions; what is not a number may be another one. */
static void compare(quad a, quad b, int direction)
{
	volatile quad x = a, y = b;
	quad wanted[3], found[3];
	int flags[2];

	for (int op = 0; op < 3; op++) {
		fesetround(direction);
		feclearexcept(FE_ALL_EXCEPT);
		wanted[op] = op == 0 ? x + y : op == 1 ? x - y : x * y;
		flags[0] = fetestexcept(FE_INVALID | FE_OVERFLOW | FE_INEXACT);
		feclearexcept(FE_ALL_EXCEPT);
		found[op] = op == 0   ? ours__addtf3(x, y)
			    : op == 1 ? ours__subtf3(x, y)
				      : ours__multf3(x, y);
		flags[1] = fetestexcept(FE_INVALID | FE_OVERFLOW | FE_INEXACT);
		fesetround(FE_TONEAREST);
		if (!same(wanted[op], found[op]) || flags[0] != flags[1])
			printf("op %d direction %x: %016lx%016lx, %016lx%016lx: %016lx%016lx %x "
			       "instead of %016lx%016lx %x\n",
			       op, direction, (long)(bits_of(a) >> 64), (long)bits_of(a),
			       (long)(bits_of(b) >> 64), (long)bits_of(b),
			       (long)(bits_of(found[op]) >> 64), (long)bits_of(found[op]), flags[1],
			       (long)(bits_of(wanted[op]) >> 64), (long)bits_of(wanted[op]),
			       flags[0]);
		CHECK(same(wanted[op], found[op]));
		CHECK(flags[0] == flags[1]);
	}
}

TEST(edges)
{
	static const bits edges[] = {
		0,
		1,
		2,
		LEADING - 1,
		LEADING,
		LEADING + 1,
		(bits)BIAS << FRACTION,
		((bits)BIAS << FRACTION) + 1,
		((bits)(BIAS + 1) << FRACTION) - 1,
		((bits)(BIAS + FRACTION) << FRACTION) + 1,
		(bits)(BIAS - FRACTION - 1) << FRACTION,
		INFINITE - 1,
		INFINITE - LEADING,
		INFINITE,
		INFINITE | QUIET,
		INFINITE | 1,
		((bits)(BIAS - 1) << FRACTION) + 1,
		(bits)(FRACTION + 4) << FRACTION,
	};
	const size_t count = sizeof(edges) / sizeof(edges[0]);

	for (size_t i = 0; i < count * 2; i++)
		for (size_t j = 0; j < count * 2; j++)
			for (int d = 0; d < 4; d++)
				CHECK_IN(compare(quad_of(edges[i / 2] | (i & 1 ? SIGN : 0)),
						 quad_of(edges[j / 2] | (j & 1 ? SIGN : 0)),
						 directions[d]));
}

TEST(random_numbers)
{
	uint64_t seed = 20;

	for (int i = 0; i < 1000000; i++) {
		quad a = random_quad(&seed, random_bits(&seed));
		quad b = random_quad(&seed, bits_of(a));

		CHECK_IN(compare(a, b, directions[i % 4]));
	}
}
