/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four memory functions, which are the CPU's own: every small length at every alignment, some
 * large ones. And long double.
 */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define SIZE 400

/* Through pointers, so that the compiler calls them. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static unsigned char from[SIZE], to[SIZE], wanted[SIZE];

static bool equal(const unsigned char *a, const unsigned char *b)
{
	for (int i = 0; i < SIZE; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static void fill(void)
{
	for (int i = 0; i < SIZE; i++) {
		from[i] = (unsigned char)(i * 7 + 1);
		to[i] = wanted[i] = (unsigned char)(i * 3);
	}
}

static const size_t lengths[] = {0,  1,	 2,  3,	 4,  5,	 6,  7,	 8,  9,	 11, 13, 15, 16,  17,  23,
				 24, 25, 31, 32, 33, 47, 48, 63, 64, 65, 95, 96, 97, 127, 128, 200};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void copying(void)
{
	for (unsigned n = 0; n < LENGTHS; n++)
		for (int a = 0; a < 17; a++)
			for (int b = 0; b < 17; b++) {
				fill();
				CHECK(copy(to + 20 + a, from + 30 + b, lengths[n]) == to + 20 + a);
				for (size_t i = 0; i < lengths[n]; i++)
					wanted[20 + a + i] = from[30 + b + i];
				CHECK(equal(to, wanted));
			}
}

/* strcspn() with sets of 0 to 4 bytes, at every alignment, with what is behind the end. */
static void spanning(void)
{
	static const char *const sets[] = {"", "x", "xy", "\x80\xff", "xyz", "\xff\x01zy"};
	char text[64];

	for (unsigned n = 0; n < sizeof(sets) / sizeof(sets[0]); n++)
		for (int start = 0; start < 9; start++)
			for (int length = 0; length < 40; length++)
				for (int hit = -1; hit < length; hit++) {
					int wanted = hit < 0 || !*sets[n] ? length : hit;

					memset(text, *sets[n] ? *sets[n] : 'x', sizeof(text));
					memset(text + start, 'a', (size_t)length);
					text[start + length] = 0;
					if (hit >= 0 && *sets[n])
						text[start + hit] =
							sets[n][(size_t)hit % strlen(sets[n])];
					CHECK((int)strcspn(text + start, sets[n]) == wanted);
				}
}

static void moving(void)
{
	for (unsigned n = 0; n < LENGTHS; n++)
		for (int distance = -40; distance <= 40; distance++)
			for (int a = 0; a < 9; a++) {
				int start = 60 + a;

				fill();
				CHECK(move(to + start + distance, to + start, lengths[n]) ==
				      to + start + distance);
				for (size_t i = 0; i < lengths[n]; i++)
					wanted[start + distance + (int)i] =
						(unsigned char)((start + (int)i) * 3);
				CHECK(equal(to, wanted));
			}
}

static void setting(void)
{
	for (unsigned n = 0; n < LENGTHS; n++)
		for (int a = 0; a < 17; a++) {
			fill();
			CHECK(set(to + 20 + a, 0x1a5, lengths[n]) == to + 20 + a);
			for (size_t i = 0; i < lengths[n]; i++)
				wanted[20 + a + i] = 0xa5;
			CHECK(equal(to, wanted));
		}
}

static void comparing(void)
{
	for (unsigned n = 0; n < LENGTHS; n++)
		for (int a = 0; a < 9; a++)
			for (size_t at = 0; at < lengths[n]; at++) {
				unsigned char *x = from + 16 + a, *y = to + 16;

				for (size_t i = 0; i < lengths[n] + 8; i++)
					x[i] = y[i] = (unsigned char)(i + 100);
				CHECK(compare(x, y, lengths[n]) == 0);
				y[lengths[n]] ^= 1;
				CHECK(compare(x, y, lengths[n]) == 0);
				x[at] = 0x80;
				y[at] = 0x7f;
				if (at + 1 < lengths[n])
					y[lengths[n] - 1] = 0xff;
				CHECK(compare(x, y, lengths[n]) > 0 &&
				      compare(y, x, lengths[n]) < 0);
			}
}

static void large(void)
{
	size_t size = 300000;
	unsigned char *a = malloc(size), *b = malloc(size);

	CHECK(a && b);
	for (size_t i = 0; i < size; i++)
		a[i] = (unsigned char)(i * i >> 7);
	copy(b + 3, a, size - 3);
	CHECK(!compare(a, b + 3, size - 3));
	move(b + 100, b + 3, size - 100);
	CHECK(!compare(a, b + 100, size - 100));
	move(b + 1, b + 100, size - 100);
	CHECK(!compare(a, b + 1, size - 100));
	set(b, 9, size);
	CHECK(b[0] == 9 && b[size - 1] == 9 && !compare(b, b + 1, size - 1));
	b[size - 1] = 8;
	CHECK(compare(b, b + 1, size - 1) > 0);
	free(a);
	free(b);
}

/* Sums, products and text of long double, whatever it is here, in every direction of rounding. */
static void long_doubles(void)
{
	static const struct {
		int direction;
		const char *third; /* 1 + 1/3 ulp of double's last place, to 16 places */
	} cases[] = {
		{FE_TONEAREST, "1.0000000000000000"},
		{FE_UPWARD, "1.0000000000000001"},
		{FE_DOWNWARD, "1.0000000000000000"},
		{FE_TOWARDZERO, "1.0000000000000000"},
	};
	volatile long double one = 1, tiny = 0x1p-60L, big = 0x1.8p16000L, last = LDBL_EPSILON / 4;
	char text[80];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fesetround(cases[i].direction);
		snprintf(text, sizeof(text), "%.16Lf", one + tiny);
		CHECK(!strcmp(text, cases[i].third));
		CHECK((one + last > one) == (cases[i].direction == FE_UPWARD));
		CHECK((one - last < one) ==
		      (cases[i].direction == FE_DOWNWARD || cases[i].direction == FE_TOWARDZERO));
		CHECK((isinf(big * big) != 0) ==
		      (cases[i].direction == FE_TONEAREST || cases[i].direction == FE_UPWARD));
		fesetround(FE_TONEAREST);
	}
	snprintf(text, sizeof(text), "%.30Lf %Lg", -123.4375L, big * tiny);
	CHECK(!strcmp(text, "-123.437500000000000000000000000000 3.92846e+4798"));
	feclearexcept(FE_ALL_EXCEPT);
	CHECK(isnan(big * big - big * big) &&
	      fetestexcept(FE_INVALID | FE_OVERFLOW) == (FE_INVALID | FE_OVERFLOW));
	feclearexcept(FE_ALL_EXCEPT);
	CHECK(one + one == 2 && one * tiny == tiny && !fetestexcept(FE_INEXACT));
}

static const struct test tests[] = {
	TEST(long_doubles), TEST(copying),   TEST(moving), TEST(spanning),
	TEST(setting),	    TEST(comparing), TEST(large),  TEST_END,
};
const struct suite string_suite = {"strings", tests};
