/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole pages of memory, zero at first. Shared memory stays until it is given back, by whatever
 * thread. Private memory belongs to the thread that asked for it: no other can give it back, and it
 * goes when the thread ends. Functions return 0 or a negative errno: -EINVAL for a size of 0 or an
 * address that is not the start of such memory (or is another thread's), -ENOMEM.
 */
#ifndef UNISHYPER_MM_H
#define UNISHYPER_MM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int mm_allocate(size_t size, void **address);
int mm_allocate_private(size_t size, void **address);
int mm_deallocate(void *address);

#ifdef __cplusplus
}
#endif

#endif
