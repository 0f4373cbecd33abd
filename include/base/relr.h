/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relative relocations in the packed form of the ELF generic ABI (DT_RELR): an even word is the
 * link address of a word to relocate, an odd word is a bit map of the 63 words that follow the last
 * one covered.
 */
#ifndef BASE_RELR_H
#define BASE_RELR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Add `slide` to every word the table names. `base` is where the image can be written now minus
 * where it was linked: the two differ while boot code runs with translation off. Runs before
 * relocation itself: no globals, no calls.
 */
void relr_apply(uintptr_t base, const uint64_t *table, size_t count, uintptr_t slide);

#endif
