/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the pages of mapped files come from. A source is embedded in what owns the pages; their
 * frames stay its own. A shared region maps these frames, so that reads, writes and mappings always
 * agree. A private region that may be written has copies, made when a page is first touched; one
 * that may only be read maps the source's frames. So no page ever changes its frame while it is
 * mapped, and a page fault never has to tell other CPUs.
 *
 * Lock order: the owner's mutexes, vm_mutex, vm_lock, the owner's spinlocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_region;
struct vm_source;

struct vm_source_ops {
	/*
	 * The frame of a page, made if it is missing. 0, -ENXIO (the source ends before it),
	 * -ENOMEM. vm_lock is held: spinlocks only.
	 */
	int (*page)(struct vm_source *source, uint64_t number, uint64_t *frame);

	/* Copy a page, all of it, to memory with anything in it. 0 or -ENXIO. vm_lock is held. */
	int (*copy)(struct vm_source *source, uint64_t number, void *to);

	/* Is the frame this page of the source? vm_lock is held. */
	bool (*owns)(struct vm_source *source, uint64_t number, uint64_t frame);

	/* One more, one less reference. get: vm_mutex is held; put: no lock. */
	void (*get)(struct vm_source *source);
	void (*put)(struct vm_source *source);

	/* A shared region that may have been written ends or is synchronised. 0 or a negative
	 * errno. No lock. */
	int (*written)(struct vm_source *source);
};

struct vm_source {
	const struct vm_source_ops *ops;
	uint32_t regions; /* atomic: how many map it */
};

/*
 * Map pages of a source as `region` says: source, first_page, shared, may_write, attrs; each region
 * holds a reference. Who gives up pages must see source->regions: the caller has added one to it
 * before, under the owner's lock, and takes it away afterwards. Flags and results as vm_map().
 */
int vm_source_map(uintptr_t *address, size_t size, const struct vm_region *region, unsigned flags);

/*
 * Unmap the pages from `first` on everywhere, private copies too. The source still owns them, and
 * `page` and `copy` have them no more. Thread; the owner's mutexes may be held.
 */
void vm_source_cut(struct vm_source *source, uint64_t first);

/* Call `written` for the sources of shared regions in a range. 0 or the first error. Thread. */
int vm_source_sync(uintptr_t start, uintptr_t end);
