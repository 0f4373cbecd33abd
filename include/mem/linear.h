/* SPDX-License-Identifier: BSD-2-Clause */
/* The linear map: all RAM and every used device at a fixed offset, for the kernel alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>

static inline void *linear_address(uint64_t pa)
{
	return (void *)(uintptr_t)(ARCH_LINEAR_BASE + pa);
}

static inline uint64_t linear_physical(const void *address)
{
	return (uintptr_t)address - ARCH_LINEAR_BASE;
}

/*
 * Map a device's registers; the same pages may be asked for more than once. Returns the linear
 * address or NULL (out of memory). Early boot after frames, or thread.
 */
volatile void *linear_map_device(uint64_t pa, size_t size);

/* Is any of it RAM that the firmware listed? Registers must not be. Any context. */
bool linear_overlaps_ram(uint64_t start, uint64_t size);

/* Map RAM into the linear map, with the largest leaves. 0 or -ENOMEM. Early boot. */
int linear_map_ram(uint64_t pa, uint64_t size);

/* Physical address of a kernel object in the image or in the linear map; 0 for other addresses. */
uint64_t linear_physical_of(const void *object);
