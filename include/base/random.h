/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes from ChaCha20 [RFC 8439 2.3] with the key replaced at every use ("fast key
 * erasure"): what was given out cannot be recomputed from a later state. Pure functions over the
 * caller's state; the caller holds the lock, and decides when enough was mixed in.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint32_t key[8]; /* any value, zero included, is a valid start */
};

/* Stir in `len` bytes of any quality; entropy that is in the state is not lost. */
void random_mix(struct random *random, const void *data, size_t len);

/* Give `len` bytes: one block, 900 to 1,700 instructions, for the first 32 and each 64 more. */
void random_bytes(struct random *random, void *to, size_t len);

/* The block function: 16 words of key stream; counter and nonce are words 12 to 15 of the state. */
void chacha_block(uint32_t out[16], const uint32_t key[8], const uint32_t counter_nonce[4]);

#endif
