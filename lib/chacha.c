/* SPDX-License-Identifier: BSD-2-Clause */
/* [RFC 8439 2.1 to 2.3] */
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/random.h>

static inline uint32_t rotate_left(uint32_t value, unsigned count)
{
	return value << count | value >> (32 - count);
}

/* Always with constant places, so that the whole state stays in registers. */
static ALWAYS_INLINE void quarter_round(uint32_t x[16], unsigned a, unsigned b, unsigned c,
					unsigned d)
{
	x[a] += x[b];
	x[d] = rotate_left(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate_left(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate_left(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate_left(x[b] ^ x[c], 7);
}

void chacha_block(uint32_t out[16], const uint32_t key[8], const uint32_t counter_nonce[4])
{
	static const uint32_t constant[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint32_t start[16], x[16];

	memcpy(start, constant, sizeof(constant));
	memcpy(start + 4, key, 32);
	memcpy(start + 12, counter_nonce, 16);
	memcpy(x, start, sizeof(start));
	for (unsigned round = 0; round < 10; round++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] = x[i] + start[i];
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
