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
	VM_SOURCE,	 /* pages of a file, or copies of them (mem/vm_source.h) */
	VM_GUARD,	 /* never accessible: a touch is an overflow of the neighbour above */
	VM_KERNEL_STACK, /* eager */
	VM_IMAGE,	 /* text, constants and data of the image: cannot be unmapped */
};

struct vm_region {
	uintptr_t start, end;
	unsigned attrs; /* PAGE_… */
	enum vm_kind kind;
	const char *name; /* "heap", "stack", … for reports */
	/* Of VM_SOURCE: */
	struct vm_source *source; /* a reference for each region */
	uint64_t first_page;	  /* of the source, at `start` */
	bool shared;		  /* the source's own pages; else what can be written is a copy */
	bool may_write;		  /* shared: PAGE_WRITE may be asked for */
};

struct vm_source;

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

/* The same for what `region` says but its addresses: those are *address and `size`. */
int vm_map_region(uintptr_t *address, size_t size, const struct vm_region *region, unsigned flags);

/* Flags that every vm_map() of memory that may be touched has besides (mlockall(MCL_FUTURE)). */
extern unsigned vm_flags_always;

/* Most bytes that regions may have together (RLIMIT_AS); more is -ENOMEM. */
extern size_t vm_limit;

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
 * The same, and from then on it does not wait for other CPUs where each has to be told
 * (docs/memory.md): they lose the pages a moment later, and until then frames and addresses are not
 * used again. vm_settle() waits for all.
 */
int vm_unmap_later(uintptr_t address, size_t size);
void vm_settle(void);

/* Frames that are free, or will be. */
size_t vm_free_frames(void);

/*
 * Change rights: 0, -EINVAL, -ENOMEM where a hole is in the range (POSIX mprotect), -EACCES for the
 * image and for both PAGE_WRITE and PAGE_EXEC.
 */
int vm_protect(uintptr_t address, size_t size, unsigned attrs);

/* Forget contents (madvise MADV_DONTNEED): pages become demand-zero again. */
int vm_discard(uintptr_t address, size_t size);

/* Fill now (MAP_POPULATE, mlock). 0 or -ENOMEM. */
int vm_populate(uintptr_t address, size_t size);

/*
 * Grow or shrink in place, else move if allowed (mremap). 0, -ENOMEM, -EFAULT (not one region),
 * -EINVAL (not a program's memory).
 */
int vm_remap(uintptr_t *address, size_t old_size, size_t new_size, bool may_move);

/* Move to `to` in any case, over what is there. As above; -EINVAL also if the ranges overlap. */
int vm_move(uintptr_t address, size_t old_size, uintptr_t to, size_t new_size);

/*
 * Serve a page fault. 0: the page is there now, retry. -EFAULT: no such right; -ENOMEM: memory is
 * out; -ENXIO: behind the end of the file that is mapped. Trap context on the thread's kernel
 * stack; never blocks.
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
