/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In place of the C library's, which looks each byte up in a table. Sets of two bytes are what
 * programs ask for in long texts (either case of a letter): eight bytes at a time.
 */
#include <stdint.h>
#include <string.h>

#define ONES (~(uint64_t)0 / 255)
#define LOW  (ONES * 127)

typedef uint64_t __attribute__((may_alias)) word;

/* Bit 7 of each of the eight bytes that is not 0; the other bits mean nothing. */
static uint64_t full_bytes(uint64_t x)
{
	return ((x & LOW) + LOW) | x;
}

/* Bit 7 of each byte that is 0 or one of two, which are in all bytes of a and b. */
static uint64_t ends(const word *at, uint64_t a, uint64_t b)
{
	return ~((full_bytes(*at) & full_bytes(*at ^ a) & full_bytes(*at ^ b)) | LOW);
}

/* A word that holds a byte of the text is on a page of it. */
static size_t find_either(const char *text, unsigned char a, unsigned char b)
{
	unsigned before = (uintptr_t)text % sizeof(word);
	const word *at = (const word *)(text - before);
	uint64_t found = ends(at, ONES * a, ONES * b) & ~(uint64_t)0 << 8 * before;

	while (!found)
		found = ends(++at, ONES * a, ONES * b);
	/* The lowest bit is 1 << 8 * n after the shift; of that constant it brings n to the top. */
	found = (found & -found) >> 7;
	return (size_t)((const char *)at - text) + (found * 0x0001020304050607u >> 56);
}

size_t strcspn(const char *text, const char *reject)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t set[8];

	if (!reject[0] || !reject[1] || !reject[2])
		return find_either(text, reject[0], reject[0] ? reject[1] : 0);
	memset(set, 0, sizeof(set));
	set[0] = 1;
	for (; *reject; reject++)
		set[(unsigned char)*reject / 32] |= 1u << (unsigned char)*reject % 32;
	while (!(set[*s / 32] >> *s % 32 & 1))
		s++;
	return (const char *)s - text;
}
