/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sum and product of 128-bit floating point [IEEE 754-2019 3.6, binary128], which aarch64 and
 * riscv64 call long double and do in software. Every printf() links them: the compiler's library
 * has them at three times the size. They round in the current direction and raise the exceptions; a
 * result that is tiny before rounding and inexact underflows. The build links this file ahead of
 * that library.
 */
#include <fenv.h>
#include <stdbool.h>

typedef float quad __attribute__((__mode__(__TF__)));
typedef unsigned __int128 bits;

#ifndef QUAD_NAME /* a test on a machine that has such functions gives them other names */
#define QUAD_NAME(name) name
#endif

#define FRACTION 112
#define BIAS	 0x3fff
#define EXPONENT 0x7fff /* of infinities and what is not a number */
#define GUARD	 3	/* bits kept below the fraction; the last stands for all that is lost */
#define SIGN	 ((bits)1 << 127)
#define LEADING	 ((bits)1 << FRACTION)
#define QUIET	 ((bits)1 << (FRACTION - 1))
#define INFINITE ((bits)EXPONENT << FRACTION)

quad QUAD_NAME(__addtf3)(quad a, quad b);
quad QUAD_NAME(__subtf3)(quad a, quad b);
quad QUAD_NAME(__multf3)(quad a, quad b);

union value {
	quad quad;
	bits bits;
};

static bits bits_of(quad quad)
{
	return (union value){.quad = quad}.bits;
}

static quad quad_of(bits value)
{
	return (union value){.bits = value}.quad;
}

static int exponent_of(bits value)
{
	return (int)(value >> FRACTION) & EXPONENT;
}

/* With the leading one; what is subnormal has the exponent 1 and no leading one. */
static bits fraction_of(bits value)
{
	return (value & (LEADING - 1)) | (exponent_of(value) ? LEADING : 0);
}

static int leading_zeros(bits value)
{
	unsigned long high = (unsigned long)(value >> 64);

	return high ? __builtin_clzl(high) : 64 + __builtin_clzl((unsigned long)value);
}

static bits shift_right(bits value, int count)
{
	if (count > 127)
		return value != 0;
	return value >> count | ((value & (((bits)1 << count) - 1)) != 0);
}

/* One of them is no number. `larger` is the one of the larger magnitude. */
static quad not_a_number(bits larger, bits smaller)
{
	bool signals = !(larger & QUIET);

	if ((smaller & ~SIGN) > INFINITE && !(smaller & QUIET))
		signals = true;
	if (signals)
		feraiseexcept(FE_INVALID);
	return quad_of(larger | QUIET);
}

static quad invalid(void)
{
	feraiseexcept(FE_INVALID);
	return quad_of(INFINITE | QUIET);
}

/*
 * sign * fraction * 2^exponent, where the fraction has the guard bits and its leading one in place,
 * or the exponent is 1.
 */
static quad round_off(bits sign, int exponent, bits fraction)
{
	unsigned rest = (unsigned)fraction & ((1 << GUARD) - 1);
	int direction = FE_TONEAREST, flags = 0;
	bool up = false, tiny = !(fraction >> (FRACTION + GUARD));

	fraction >>= GUARD;
	if (rest || exponent >= EXPONENT) {
		direction = fegetround();
		if (direction == FE_TONEAREST)
			up = rest > 4 || (rest == 4 && fraction & 1);
		else if (direction != FE_TOWARDZERO)
			up = rest && (direction == FE_DOWNWARD) == !!sign;
		flags = rest ? FE_INEXACT | (tiny ? FE_UNDERFLOW : 0) : 0;
	}
	/* A carry out of the fraction goes where it belongs: to the exponent. */
	if (tiny)
		exponent = 0;
	else
		fraction &= LEADING - 1;
	fraction += ((bits)exponent << FRACTION) + up;
	if (fraction >= INFINITE) {
		flags = FE_OVERFLOW | FE_INEXACT;
		fraction = INFINITE;
		if (direction == FE_TOWARDZERO ||
		    (direction != FE_TONEAREST && (direction == FE_DOWNWARD) != !!sign))
			fraction--;
	}
	if (flags)
		feraiseexcept(flags);
	return quad_of(sign | fraction);
}

quad QUAD_NAME(__addtf3)(quad first, quad second)
{
	bits a = bits_of(first), b = bits_of(second), sign, fraction, other;
	int exponent, shift;

	if ((a & ~SIGN) < (b & ~SIGN)) {
		bits larger = b;

		b = a;
		a = larger;
	}
	sign = a & SIGN;
	if (exponent_of(a) == EXPONENT) {
		if ((a & ~SIGN) > INFINITE)
			return not_a_number(a, b);
		return (a ^ b) == SIGN ? invalid() : quad_of(a);
	}
	exponent = exponent_of(a) + !exponent_of(a);
	shift = exponent - (exponent_of(b) + !exponent_of(b));
	fraction = fraction_of(a) << GUARD;
	other = shift_right(fraction_of(b) << GUARD, shift);
	fraction = (a ^ b) >> 127 ? fraction - other : fraction + other;
	if (!fraction) {
		if ((a ^ b) >> 127)
			sign = fegetround() == FE_DOWNWARD ? SIGN : 0;
		return quad_of(sign);
	}
	shift = leading_zeros(fraction) - (127 - FRACTION - GUARD);
	if (shift < 0) {
		fraction = shift_right(fraction, 1);
		exponent++;
	} else {
		if (shift > exponent - 1)
			shift = exponent - 1;
		fraction <<= shift;
		exponent -= shift;
	}
	return round_off(sign, exponent, fraction);
}

quad QUAD_NAME(__subtf3)(quad a, quad b)
{
	bits other = bits_of(b);

	/* The sign of what is not a number stays. */
	if ((other & ~SIGN) <= INFINITE)
		other ^= SIGN;
	return QUAD_NAME(__addtf3)(a, quad_of(other));
}

/* The fraction with its leading one in place; what that takes is taken from the exponent. */
static bits normal(bits value, int *exponent)
{
	bits fraction = fraction_of(value);
	int shift = leading_zeros(fraction) - (127 - FRACTION);

	*exponent += exponent_of(value) + !exponent_of(value) - shift;
	return fraction << shift;
}

/* The product's upper 117 bits; the last stands for all that is lost. Both are below 2^113. */
static bits product(bits a, bits b)
{
	unsigned long a_high = (unsigned long)(a >> 64), a_low = (unsigned long)a;
	unsigned long b_high = (unsigned long)(b >> 64), b_low = (unsigned long)b;
	bits low = (bits)a_low * b_low;
	bits middle = (bits)a_high * b_low + (low >> 64); /* 49 and 64 bits: no carry is lost */
	bits more = (bits)a_low * b_high + (unsigned long)middle;
	bits high = (bits)a_high * b_high + (middle >> 64) + (more >> 64);
	bits rest = (more << 64) | (unsigned long)low;

	/* 226 bits in all: drop 109. */
	return high << 19 | rest >> 109 | ((rest & (((bits)1 << 109) - 1)) != 0);
}

quad QUAD_NAME(__multf3)(quad first, quad second)
{
	bits a = bits_of(first), b = bits_of(second), sign = (a ^ b) & SIGN, fraction;
	int exponent = -BIAS;

	if ((a & ~SIGN) < (b & ~SIGN)) {
		bits larger = b;

		b = a;
		a = larger;
	}
	if (exponent_of(a) == EXPONENT) {
		if ((a & ~SIGN) > INFINITE)
			return not_a_number(a, b);
		return b & ~SIGN ? quad_of(sign | INFINITE) : invalid();
	}
	if (!(b & ~SIGN))
		return quad_of(sign);
	fraction = normal(a, &exponent);
	fraction = product(fraction, normal(b, &exponent));
	if (fraction >> (FRACTION + GUARD + 1)) {
		fraction = shift_right(fraction, 1);
		exponent++;
	}
	if (exponent < 1) {
		fraction = shift_right(fraction, 1 - exponent);
		exponent = 1;
	}
	return round_off(sign, exponent, fraction);
}
