/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: seeded from the firmware, the CPU or, failing that, timing (said at boot). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Boot table row. */
void random_init(void);
/* Any context. */
void random_get(void *buffer, size_t size);
/* Stir in an event (interrupt times). Any context. */
void random_stir(uint64_t event);
