/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions of application addresses: what is reserved where, with which rights, filled when touched.
 * Anonymous memory is demand-zero. All functions: thread context, no spinlock held, and sizes and
 * addresses multiples of the page unless said otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/mmu.h>

enum vm_kind {
	VM_ANON,	 /* demand-zero */
	VM_GUARD,	 /* never accessible: a touch is an overflow of the neighbour above */
	VM_KERNEL_STACK, /* eager */
	VM_IMAGE,	 /* text, constants and data of the image: cannot be unmapped */
};

struct vm_region {
	uintptr_t start, end;
	unsigned attrs; /* PAGE_… */
	enum vm_kind kind;
	const char *name; /* "heap", "stack", … for reports */
};

#define VM_EAGER	 1u /* fill at once */
#define VM_FIXED	 2u /* exactly at the hint; -EEXIST if something is there */
#define VM_FIXED_REPLACE 4u /* exactly at the hint, replacing what is there (MAP_FIXED) */

/* Early boot: region tree up, the image entered. */
void vm_init(void);

/*
 * Reserve `size` bytes anywhere (or by hint and flags). On success *address is the start. 0,
 * -ENOMEM, -EINVAL, -EEXIST, -EACCES (both PAGE_WRITE and PAGE_EXEC).
 */
int vm_map(uintptr_t *address, size_t size, unsigned attrs, enum vm_kind kind, unsigned flags,
	   const char *name);

/*
 * A guarded eager stack: `slot` bytes of addresses aligned to `slot`, of which the last `size` are
 * memory and the rest is guard. *bottom is the lowest usable address.
 */
int vm_map_stack(uintptr_t *bottom, size_t slot, size_t size);

/* Give such a slot back. Nothing else can unmap a kernel stack. */
void vm_unmap_stack(uintptr_t start, size_t slot);

/*
 * Give back [address, address+size): parts of regions are split off, holes are fine. 0, -EINVAL,
 * -ENOMEM.
 */
int vm_unmap(uintptr_t address, size_t size);

/*
 * Change rights: 0, -EINVAL, -ENOMEM where a hole is in the range (POSIX mprotect), -EACCES for the
 * image and for both PAGE_WRITE and PAGE_EXEC.
 */
int vm_protect(uintptr_t address, size_t size, unsigned attrs);

/* Forget contents (madvise MADV_DONTNEED): pages become demand-zero again. */
int vm_discard(uintptr_t address, size_t size);

/* Fill now (MAP_POPULATE, mlock). 0 or -ENOMEM. */
int vm_populate(uintptr_t address, size_t size);

/* Grow or shrink in place, else move if allowed (mremap). 0, -ENOMEM, -EFAULT, -EINVAL. */
int vm_remap(uintptr_t *address, size_t old_size, size_t new_size, bool may_move);

/*
 * Serve a page fault. 0: the page is there now, retry. -EFAULT: no such right; -ENOMEM: memory is
 * out. Trap context on the thread's kernel stack; never blocks.
 */
int vm_fault(uintptr_t address, unsigned access);

/*
 * Copy of the region at or, with `next`, after the address; false if none. Also for crash reports.
 */
bool vm_find(uintptr_t address, bool next, struct vm_region *region);

/* Totals, for reports: bytes reserved and frames in use by regions. */
struct vm_stats {
	size_t regions;
	size_t reserved_bytes;
	size_t resident_frames;
};
void vm_stats(struct vm_stats *stats);
