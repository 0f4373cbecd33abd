/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TCP/IP library asks of the compiler and of a C library, which is not there. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <base/endian.h>
#include <base/str.h>
#include <kernel/panic.h>

#ifndef BYTE_ORDER
#define BYTE_ORDER __BYTE_ORDER__
#endif
#ifndef LITTLE_ENDIAN
#define LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#endif
#ifndef BIG_ENDIAN
#define BIG_ENDIAN __ORDER_BIG_ENDIAN__
#endif

#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

#define LWIP_NO_CTYPE_H 1

/* Of data: a call, where a compiler that saves space would copy byte by byte (x86_64). */
void *net_copy(void *to, const void *from, size_t size) __asm__("memcpy");
#define MEMCPY(to, from, size) net_copy(to, from, size)

/*
 * Headers begin 2 bytes before a multiple of 4 (ETH_PAD_SIZE), and all their fields lie where they
 * naturally do: no structure needs packing, which would be byte by byte on some processors.
 */
#define PACK_STRUCT_STRUCT
#define LWIP_SKIP_PACKING_CHECK

#define LWIP_PLATFORM_DIAG(x)                                                                      \
	do {                                                                                       \
	} while (0)
#define LWIP_PLATFORM_ASSERT(x) panic("lwip: %s (%s:%d)", x, __FILE__, __LINE__)
#if !defined(DEBUG) && !defined(NET_ASSERTS) /* of the unit test */
#define LWIP_NOASSERT 1
#endif

/* With the network's lock held (net/core.c). */
#define LWIP_RAND() net_random()
uint32_t net_random(void);

#define strlen(text)	 str_length(text)
#define strncmp(a, b, n) (!str_equal_n(a, b, n))
#define atoi(text)	 net_number(text)
static inline int net_number(const char *text)
{
	uint64_t value;

	return str_to_u64(text, NULL, &value) ? 0 : (int)value;
}
