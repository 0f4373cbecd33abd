/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/chacha.c
#include <base/random.h>

#include "unit.h"

/* A key whose bytes count from 0. */
static const uint32_t counting_key[8] = {
	0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
	0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
};

TEST(block_rfc8439_2_3_2)
{
	static const uint32_t input[4] = {1, 0x09000000, 0x4a000000, 0};
	static const uint32_t expect[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
		0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	uint32_t out[16];

	chacha_block(out, counting_key, input);
	CHECK(!memcmp(out, expect, sizeof(out)));
}

/* RFC 8439 appendix A.1, test vectors 1, 2 and 4 (first words). */
TEST(block_rfc8439_a_1)
{
	uint32_t key[8] = {0}, input[4] = {0}, out[16];

	chacha_block(out, key, input);
	CHECK(out[0] == 0xade0b876 && out[1] == 0x903df1a0 && out[15] == 0x8665eeb2);
	input[0] = 1;
	chacha_block(out, key, input);
	CHECK(out[0] == 0xbee7079f && out[1] == 0x7a385155 && out[15] == 0x6f4d794b);
	key[0] = 0x0000ff00;
	input[0] = 2;
	chacha_block(out, key, input);
	CHECK(out[0] == 0xfb4dd572 && out[1] == 0x4bc42ef1);
}

TEST(same_start_same_bytes)
{
	struct random a = {{0}}, b = {{0}};
	uint8_t x[200], y[200];

	random_mix(&a, "seed", 4);
	random_mix(&b, "seed", 4);
	random_bytes(&a, x, sizeof(x));
	random_bytes(&b, y, sizeof(y));
	CHECK(!memcmp(x, y, sizeof(x)));
	random_bytes(&a, y, sizeof(y));
	CHECK(memcmp(x, y, sizeof(x)));
}

TEST(key_is_replaced_by_every_use)
{
	struct random random = {{0}}, before = random;
	uint8_t byte;

	for (size_t len = 0; len < 100; len++) {
		uint8_t out[100];

		random_bytes(&random, out, len);
		CHECK(memcmp(&random, &before, sizeof(random)));
		before = random;
	}
	random_mix(&random, &byte, 0);
	CHECK(!memcmp(&random, &before, sizeof(random)));
}

/* What is given out is not the key that follows, at any length. */
TEST(next_key_is_not_given_out)
{
	for (size_t len = 1; len <= 160; len++) {
		struct random random = {{1, 2, 3}};
		uint8_t out[160];

		random_bytes(&random, out, len);
		for (size_t at = 0; at + 4 <= len; at++)
			CHECK(memcmp(out + at, random.key, 4));
	}
}

TEST(length_is_kept)
{
	for (size_t len = 0; len <= 200; len++) {
		struct random random = {{9}};
		uint8_t *out = malloc(len ? len : 1);

		random_bytes(&random, out, len);
		free(out);
	}
}

TEST(mix_depends_on_every_byte_and_the_length)
{
	uint8_t data[100] = {0};
	struct random plain = {{0}};

	random_mix(&plain, data, sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++) {
		struct random other = {{0}}, shorter = {{0}};

		data[i] = 1;
		random_mix(&other, data, sizeof(data));
		data[i] = 0;
		random_mix(&shorter, data, i);
		CHECK(memcmp(&plain, &other, sizeof(plain)));
		CHECK(memcmp(&plain, &shorter, sizeof(plain)));
	}
}

TEST(bits_are_balanced)
{
	struct random random = {{0}};
	static uint8_t out[65536];
	long ones = 0;

	random_bytes(&random, out, sizeof(out));
	for (size_t i = 0; i < sizeof(out); i++)
		ones += __builtin_popcount(out[i]);
	CHECK(labs(ones - 4 * (long)sizeof(out)) < 2000); /* 5.5 standard deviations */
}
