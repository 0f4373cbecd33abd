/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of a stated byte order at any address. Written byte by byte: the compiler makes one load
 * or store (and a byte swap) of it where the CPU has them.
 */
#ifndef BASE_ENDIAN_H
#define BASE_ENDIAN_H

#include <stdint.h>

#include <base/compiler.h>

static ALWAYS_INLINE uint16_t be16_load(const void *from)
{
	const uint8_t *b = from;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static ALWAYS_INLINE uint32_t be32_load(const void *from)
{
	const uint8_t *b = from;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static ALWAYS_INLINE uint64_t be64_load(const void *from)
{
	return (uint64_t)be32_load(from) << 32 | be32_load((const uint8_t *)from + 4);
}

static ALWAYS_INLINE uint16_t le16_load(const void *from)
{
	const uint8_t *b = from;

	return (uint16_t)(b[1] << 8 | b[0]);
}

static ALWAYS_INLINE uint32_t le32_load(const void *from)
{
	const uint8_t *b = from;

	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static ALWAYS_INLINE uint64_t le64_load(const void *from)
{
	return (uint64_t)le32_load((const uint8_t *)from + 4) << 32 | le32_load(from);
}

static ALWAYS_INLINE void be16_store(void *to, uint16_t value)
{
	uint8_t *b = to;

	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static ALWAYS_INLINE void be32_store(void *to, uint32_t value)
{
	be16_store(to, (uint16_t)(value >> 16));
	be16_store((uint8_t *)to + 2, (uint16_t)value);
}

static ALWAYS_INLINE void le16_store(void *to, uint16_t value)
{
	uint8_t *b = to;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static ALWAYS_INLINE void le32_store(void *to, uint32_t value)
{
	le16_store(to, (uint16_t)value);
	le16_store((uint8_t *)to + 2, (uint16_t)(value >> 16));
}

static ALWAYS_INLINE void le64_store(void *to, uint64_t value)
{
	le32_store(to, (uint32_t)value);
	le32_store((uint8_t *)to + 4, (uint32_t)(value >> 32));
}

#endif
