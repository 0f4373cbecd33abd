/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/sum.h>

#include <stdbool.h>

/* As one's complement numbers are added: what overflows comes in again from below. */
static inline uint64_t add(uint64_t sum, uint64_t value)
{
	sum += value;
	return sum + (sum < value);
}

#define ADD(word) (sum = add(sum, word))

static uint64_t add_words(uint64_t sum, const uint64_t *words, size_t count)
{
	for (; count >= 8; count -= 8, words += 8) {
		ADD(words[0]), ADD(words[1]), ADD(words[2]), ADD(words[3]);
		ADD(words[4]), ADD(words[5]), ADD(words[6]), ADD(words[7]);
	}
	while (count--)
		ADD(*words++);
	return sum;
}

static inline uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (uint16_t)sum;
	sum = (sum >> 16) + (uint16_t)sum;
	return (uint16_t)((sum >> 16) + (uint16_t)sum);
}

/* Headers, mostly: their words are too few to overflow. */
static uint16_t sum_header(const uint32_t *words, size_t count)
{
	uint64_t sum = 0;

	while (count--)
		sum += *words++;
	return fold(sum);
}

uint16_t sum16(const void *data, size_t size)
{
	const uint8_t *at = data;
	bool odd = (uintptr_t)at & 1;
	uint64_t sum = 0;

	if (size <= 64 && !(((uintptr_t)at | size) & 3))
		return sum_header(data, size / 4);
	/* From an odd address on, everything is one byte off: turned round at the end. */
	if (odd && size) {
		sum = (uint64_t)*at++ << 8;
		size--;
	}
	if (((uintptr_t)at & 2) && size >= 2) {
		sum += *(const uint16_t *)at;
		at += 2, size -= 2;
	}
	if (((uintptr_t)at & 4) && size >= 4) {
		sum += *(const uint32_t *)at;
		at += 4, size -= 4;
	}
	if (size >= 8) {
		sum = add_words(sum, (const uint64_t *)at, size / 8);
		at += size & ~(size_t)7, size &= 7;
	}
	for (; size >= 2; at += 2, size -= 2)
		sum = add(sum, *(const uint16_t *)at);
	if (size)
		sum = add(sum, *at);
	return odd ? __builtin_bswap16(fold(sum)) : fold(sum);
}
