/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four memory functions, which are the CPU's own: every small length at every alignment, some
 * large ones.
 */
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

static const struct test tests[] = {
	TEST(copying), TEST(moving), TEST(setting), TEST(comparing), TEST(large), TEST_END,
};
const struct suite string_suite = {"strings", tests};
