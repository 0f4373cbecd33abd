/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of regions, private to mem/. vm_lock (a spinlock) guards the tree and the page table
 * below it, so that faults never wait for long; vm_mutex lets one thread at a time change regions,
 * so that a change may drop vm_lock in between (for the TLB) without others seeing it half done:
 * such a region is `dying` meanwhile.
 */
#pragma once

#include <base/avl.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <mem/vm.h>

struct vm_node {
	struct avl_node node;
	struct vm_region region;
	uintptr_t gap_before; /* unused addresses below this region */
	uintptr_t gap_max;    /* the largest gap_before in the subtree */
	bool dying;
};

extern struct spinlock vm_lock;
extern struct mutex vm_mutex;
extern size_t vm_resident, vm_region_count, vm_reserved;

/*
 * The region at `address`, else the first above it (there is always one: the end mark). vm_lock
 * held.
 */
struct vm_node *vm_node_at(uintptr_t address);

static inline struct vm_node *vm_node_next(struct vm_node *node)
{
	struct avl_node *next = avl_next(&node->node);

	return next ? CONTAINER_OF(next, struct vm_node, node) : NULL;
}

static inline struct vm_node *vm_node_prev(struct vm_node *node)
{
	struct avl_node *prev = avl_prev(&node->node);

	return prev ? CONTAINER_OF(prev, struct vm_node, node) : NULL;
}

/* The lowest start of `size` unused bytes aligned to `align`, 0 if there is none. vm_lock held. */
uintptr_t vm_gap_find(size_t size, size_t align);

/* Put in / take out; the caller owns the memory of the node. vm_lock held. */
void vm_node_insert(struct vm_node *node);
void vm_node_remove(struct vm_node *node);

/* The region's borders moved: bring the gaps up to date. vm_lock held. */
void vm_node_resized(struct vm_node *node);

/*
 * Make region borders at `start` and `end`, splitting where they fall inside. 0 or -ENOMEM.
 * vm_mutex held, vm_lock not.
 */
int vm_split(uintptr_t start, uintptr_t end);

/* Join a region with equal neighbours. vm_mutex held, vm_lock not. */
void vm_join(uintptr_t address);

/* Fill pages of a kernel stack; its guard is what nobody fills. 0 or -ENOMEM. vm_mutex not held. */
int vm_populate_stack(uintptr_t address, size_t size);
