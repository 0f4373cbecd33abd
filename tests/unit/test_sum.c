/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/sum.c
#include <base/sum.h>

#include "unit.h"

/* By the book: 16-bit words, one after another. */
static uint16_t slow(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2) {
		sum += (uint32_t)(data[i] | data[i + 1] << 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (size & 1)
		sum += data[size - 1];
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* Zero and 65535 are the same number. */
static bool same(uint16_t a, uint16_t b)
{
	return a % 65535 == b % 65535;
}

TEST(sizes_and_places)
{
	uint8_t *data = malloc(1600);

	for (unsigned i = 0; i < 1600; i++)
		data[i] = (uint8_t)(rand() >> 7);
	for (size_t at = 0; at < 17; at++)
		for (size_t size = 0; size < 1580; size = size < 80 ? size + 1 : size + 37)
			CHECK(same(sum16(data + at, size), slow(data + at, size)));
	free(data);
}

TEST(carries)
{
	uint8_t *data = malloc(4096);

	memset(data, 0xff, 4096);
	for (size_t size = 0; size < 4096; size += 13)
		CHECK(same(sum16(data, size), slow(data, size)));
	CHECK(sum16(data, 4096) == 0xffff);
	free(data);
}

TEST(no_byte_further)
{
	for (size_t size = 1; size < 40; size++) {
		uint8_t *exact = malloc(size);

		memset(exact, 1, size);
		CHECK(same(sum16(exact, size), slow(exact, size)));
		free(exact);
	}
}
