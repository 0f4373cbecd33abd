/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The architecture's memcpy, memmove, memset and memcmp: all sizes and alignments that take another
 * way.
 */
#include <string.h>

#include "suite.h"

#define SIZES  420
#define SHIFTS 17
#define AREA   512

static uint8_t from[AREA], to[AREA], expected[AREA];

/* Called through volatile pointers, or the compiler writes its own. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

/* All sizes of which each takes a way of its own, then some of each number of large steps. */
static size_t next_size(size_t size)
{
	return size < 70 ? size + 1 : size + 11;
}

static void fill(uint8_t *area, unsigned seed)
{
	for (unsigned i = 0; i < AREA; i++)
		area[i] = (uint8_t)(i * 11 + seed);
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	for (unsigned i = 0; i < AREA; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

TEST(memory, copy)
{
	fill(from, 3);
	for (size_t size = 0; size < SIZES; size = next_size(size)) {
		for (size_t shift = 0; shift < SHIFTS * 8; shift++) {
			size_t target = 16 + shift % SHIFTS, source = shift / SHIFTS * 3;

			fill(to, 77);
			fill(expected, 77);
			for (size_t i = 0; i < size; i++)
				expected[target + i] = from[source + i];
			CHECK(copy(to + target, from + source, size) == to + target);
			CHECK(same(to, expected));
		}
	}
}

TEST(memory, move_within)
{
	for (size_t size = 0; size < SIZES; size = next_size(size)) {
		for (size_t distance = 0; distance < 70; distance++) {
			size_t low = 7 + size % 9, high = low + distance;

			fill(to, 5);
			fill(expected, 5);
			for (size_t i = 0; i < size; i++)
				expected[high + i] = (uint8_t)((low + i) * 11 + 5);
			CHECK(move(to + high, to + low, size) == to + high);
			CHECK(same(to, expected));
			fill(to, 5);
			fill(expected, 5);
			for (size_t i = 0; i < size; i++)
				expected[low + i] = (uint8_t)((high + i) * 11 + 5);
			CHECK(move(to + low, to + high, size) == to + low);
			CHECK(same(to, expected));
		}
	}
}

TEST(memory, set)
{
	for (size_t size = 0; size < SIZES; size = next_size(size)) {
		for (size_t shift = 0; shift < SHIFTS; shift++) {
			fill(to, 9);
			fill(expected, 9);
			for (size_t i = 0; i < size; i++)
				expected[16 + shift + i] = 0xa5;
			CHECK(set(to + 16 + shift, (int)0xffffffa5, size) == to + 16 + shift);
			CHECK(same(to, expected));
		}
	}
}

TEST(memory, compare)
{
	for (size_t size = 0; size < 70; size++) {
		for (size_t shift = 0; shift < SHIFTS; shift++) {
			fill(from, 1);
			for (size_t i = 0; i < size; i++)
				to[shift + i] = from[3 + i];
			to[shift + size] = (uint8_t)(from[3 + size] + 1);
			CHECK(compare(to + shift, from + 3, size) == 0);
			for (size_t at = 0; at < size; at++) {
				uint8_t kept = to[shift + at];

				/* Bytes count as unsigned, and the first difference decides. */
				to[shift + at] = (uint8_t)(kept ^ 0x80);
				CHECK((compare(to + shift, from + 3, size) > 0) == (kept < 0x80));
				CHECK((compare(from + 3, to + shift, size) > 0) == (kept >= 0x80));
				CHECK(compare(to + shift, from + 3, at) == 0);
				to[shift + at] = kept;
			}
		}
	}
}
