/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Touching memory that may not be there. Each function has entries in the fixup table (linker set
 * "fixup"): a fault at one of its instructions that cannot be served resumes at its error exit. No
 * range check here: see mem/user.h. Context: thread, no spinlock held (demand-zero pages are
 * filled); in any context for memory that is never demand-zero.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the number of bytes NOT copied. */
size_t arch_user_copy(void *to, const void *from, size_t size);
size_t arch_user_zero(void *to, size_t size);

/* Load or compare-exchange one aligned word; 0 or -EFAULT. */
int arch_user_load32(const uint32_t *from, uint32_t *value);
int arch_user_load64(const uint64_t *from, uint64_t *value);
int arch_user_store32(uint32_t *to, uint32_t value);
int arch_user_cmpxchg32(uint32_t *at, uint32_t *expected, uint32_t desired);
int arch_user_cmpxchg64(uint64_t *at, uint64_t *expected, uint64_t desired);

/* One record of the linker set "fixup"; both are offsets from the field's own address. */
struct fixup {
	int32_t fault_pc;
	int32_t resume_pc;
};
