/* SPDX-License-Identifier: BSD-2-Clause */
/* [RFC 8439 2.1 to 2.3] */
#include <string.h>

#include <base/bits.h>
#include <base/random.h>

static uint32_t rotate_left(uint32_t value, unsigned count)
{
	return value << count | value >> (32 - count);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate_left(*d ^ *a, 16);
	*c += *d;
	*b = rotate_left(*b ^ *c, 12);
	*a += *b;
	*d = rotate_left(*d ^ *a, 8);
	*c += *d;
	*b = rotate_left(*b ^ *c, 7);
}

void chacha_block(uint32_t out[16], const uint32_t key[8], const uint32_t counter_nonce[4])
{
	static const uint32_t constant[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint32_t start[16];

	memcpy(start, constant, sizeof(constant));
	memcpy(start + 4, key, 32);
	memcpy(start + 12, counter_nonce, 16);
	memcpy(out, start, sizeof(start));

	/* Even rounds take columns, odd rounds diagonals: row n is n places on. */
	for (unsigned round = 0; round < 20; round++) {
		unsigned turn = round & 1;

		for (unsigned i = 0; i < 4; i++)
			quarter_round(&out[i], &out[4 + (i + turn) % 4],
				      &out[8 + (i + 2 * turn) % 4], &out[12 + (i + 3 * turn) % 4]);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += start[i];
}

/* Leave no key on the stack; the compiler must not think the stores dead. */
static void wipe(void *data, size_t len)
{
	memset(data, 0, len);
	__asm__ volatile("" : : "r"(data) : "memory");
}

void random_mix(struct random *random, const void *data, size_t len)
{
	const uint8_t *from = data;
	uint32_t block[16];

	for (size_t part; len; from += part, len -= part) {
		/* The length tells "ab" from "ab\0"; the last word tells mixing from giving. */
		uint32_t counter_nonce[4] = {0, (uint32_t)len, 0, 1};

		part = MIN(len, sizeof(random->key));
		memset(block, 0, sizeof(random->key));
		memcpy(block, from, part);
		for (unsigned i = 0; i < 8; i++)
			random->key[i] ^= block[i];
		chacha_block(block, random->key, counter_nonce);
		memcpy(random->key, block, sizeof(random->key));
	}
	wipe(block, sizeof(block));
}

void random_bytes(struct random *random, void *to, size_t len)
{
	uint8_t *out = to;
	uint32_t block[16], next_key[8], counter_nonce[4] = {0};
	size_t part = MIN(len, (size_t)32);

	/* Half of the first block is the next key, all the rest is given out. */
	chacha_block(block, random->key, counter_nonce);
	memcpy(next_key, block, 32);
	memcpy(out, block + 8, part);
	while (out += part, len -= part) {
		counter_nonce[0]++;
		chacha_block(block, random->key, counter_nonce);
		part = MIN(len, sizeof(block));
		memcpy(out, block, part);
	}
	memcpy(random->key, next_key, 32);
	wipe(next_key, sizeof(next_key));
	wipe(block, sizeof(block));
}
