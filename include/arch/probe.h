/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One access of 1, 2, 4 or 8 bytes to an aligned kernel address that may answer with a fault: 0 or
 * -EFAULT. In images with /dev/mem only. Thread.
 */
#pragma once

#include <stdint.h>

int arch_probe_load(const volatile void *address, unsigned bytes, uint64_t *value);
int arch_probe_store(volatile void *address, unsigned bytes, uint64_t value);
