/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's teaching device: what it can do for others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The device's own memory for transfers. */
#define EDU_BUFFER_SIZE 4096

bool edu_present(void);

/* n! modulo 2^32, or a negative errno. Thread. */
int64_t edu_factorial(uint32_t n);

/* Copy `len` bytes to the device's memory, and back from it. 0 or a negative errno. Thread. */
int edu_write(unsigned offset, const void *data, size_t len);
int edu_read(unsigned offset, void *data, size_t len);

/* Interrupts so far. */
unsigned edu_interrupts(void);
