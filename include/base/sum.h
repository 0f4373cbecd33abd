/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet's checksum [rfc1071]: the sum of 16-bit words in the machine's order. */
#ifndef BASE_SUM_H
#define BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

/* With end-around carry, not inverted. An odd last byte counts as if a zero followed. */
uint16_t sum16(const void *data, size_t size);

#endif
