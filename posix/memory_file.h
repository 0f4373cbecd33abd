/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mapping files is linked with programs that open some: what makes descriptors of files that can be
 * mapped calls mmap_file_link() first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `how` is vm_map()'s flags. 0 or a negative errno. */
int mmap_file(int fd, uintptr_t *addr, size_t size, unsigned attrs, int64_t pos, bool shared,
	      unsigned how);

/* Says whether a limit of the program's own forbids so many bytes more; NULL: there is none. */
extern bool (*posix_memory_refuses)(size_t size);

extern __typeof__(mmap_file) *posix_mmap_file; /* NULL: no file was opened */

static inline void mmap_file_link(void)
{
	__atomic_store_n(&posix_mmap_file, mmap_file, __ATOMIC_RELAXED);
}
