/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one translation table of the machine (all CPUs share it). Locking is the caller's: vm.c holds
 * its lock for application regions; the linear map changes in early boot only or under its own
 * lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/mmu.h>

/*
 * Map [va, va+size) to [pa, …) with leaves as large as alignment allows (`large` true) or 4 KiB.
 * 0 or -ENOMEM.
 */
int pagetable_map(uintptr_t va, uint64_t pa, size_t size, unsigned attrs, bool large);

/* Clear leaves; calls `release` for each cleared one (may be NULL). Does not flush the TLB. */
void pagetable_unmap(uintptr_t va, size_t size,
		     void (*release)(uint64_t pa, size_t size, void *arg), void *arg);

/* Make the tables, so that mapping pages there cannot fail. 0 or -ENOMEM. */
int pagetable_prepare(uintptr_t va, size_t size);

/* How far the addresses from va on have no table: nothing is mapped there. 0 if there is one. */
size_t pagetable_hole(uintptr_t va);

/*
 * Change attributes of present leaves. How many there are; *reduced is set if one loses a right
 * (may be NULL). Does not flush the TLB, which has to be done if one does.
 */
size_t pagetable_protect(uintptr_t va, size_t size, unsigned attrs, bool *reduced);

/* Physical address and attributes of the page at va; false if it is not mapped. */
bool pagetable_query(uintptr_t va, uint64_t *pa, unsigned *attrs);

/* Frames used by tables, for the memory report. */
size_t pagetable_frames(void);
