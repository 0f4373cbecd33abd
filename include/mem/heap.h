/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own objects. Blocks live in the linear map; a block of up to 1,008 bytes comes from
 * a page of equal blocks, a larger one is whole frames. Context: any but interrupt handlers.
 */
#pragma once

#include <stddef.h>

/* 16-byte aligned, contents undefined; NULL when memory is out. */
void *heap_alloc(size_t size);
void *heap_alloc_zeroed(size_t size);

/* NULL is allowed. A pointer that heap_alloc did not return is a bug and stops the kernel. */
void heap_free(void *block);

/* Bytes given out at the moment, for tests and reports. */
size_t heap_used(void);
