/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of regions, private to mem/. vm_lock (a spinlock) guards the tree and the page table
 * below it, so that faults never wait for long; vm_mutex lets one thread at a time change regions,
 * so that a change may drop vm_lock in between (for the TLB) without others seeing it half done:
 * such a region is `dying` meanwhile, and stays so until all CPUs have forgotten its pages.
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
	bool dying;	      /* guarded by vm_lock, as are the region's attrs */
	/* Of the dead (vm_dead.c): */
	struct vm_node *next_dead;
	uint64_t change; /* kernel/tlb.h */
};

extern struct spinlock vm_lock;
extern struct mutex vm_mutex;
extern size_t vm_resident, vm_region_count, vm_reserved;

/*
 * The region at `address`, else the first above it (there is always one: the end mark). vm_lock or
 * vm_mutex held: the tree changes with both held.
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

/* The lowest start of `size` unused bytes aligned to `align`, 0 if there is none. As above. */
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

/* Let go of vm_mutex. Sources of regions that went are given up then: it may take other locks. */
void vm_end(void);

/*
 * The parts of vm.c that vm_remap.c and vm_source.c need. vm_mutex held.
 * vm_unmap_locked: 0, -EINVAL, -ENOMEM. vm_empty: unmap what is filled in part of a region, in
 * steps, and free what is the region's own.
 */
#define VM_UNMAP_STACK 1u /* a kernel's, and nothing else */
#define VM_UNMAP_NOW   2u /* the addresses are used again at once */
int vm_unmap_locked(uintptr_t start, uintptr_t end, unsigned flags);
void vm_empty(const struct vm_region *region, uintptr_t start, uintptr_t end);

/*
 * The dead: regions that were unmapped, while other CPUs may still remember their pages. They keep
 * addresses and frames, the latter in entries of PAGE_NONE. NULL until a program unmaps: only those
 * that do link it.
 */
struct vm_dead_hooks {
	/* Unmap the region, later if it need not be now. False: it is as it was. vm_mutex held. */
	bool (*unmap)(struct vm_node *node, bool now);
	/* Nothing dead is left in [start, end). vm_mutex held; may wait. */
	void (*clear)(uintptr_t start, uintptr_t end);
	/* Nothing at all. Was there something? vm_mutex held; waits. */
	bool (*settle)(void);
	/* Free some frames of those that all CPUs have forgotten. vm_lock held. False: none. */
	bool (*frames)(void);
};
extern const struct vm_dead_hooks *vm_dead_hooks;

static inline bool vm_dead_hooks_are(void)
{
	return !ARCH_TLB_BROADCAST && vm_dead_hooks;
}

/* No region for anybody but those who take it apart. */
static inline bool vm_is_dead(const struct vm_node *node)
{
	return !ARCH_TLB_BROADCAST && node->dying;
}

/* Take vm_mutex to change [start, end), of which nothing is dead then. */
static inline void vm_begin(uintptr_t start, uintptr_t end)
{
	mutex_lock(&vm_mutex);
	if (vm_dead_hooks_are())
		vm_dead_hooks->clear(start, end);
}
/* Choose where a region goes and enter it: 0, -EEXIST, -ENOMEM. */
int vm_place(struct vm_node *node, uintptr_t hint, size_t size, size_t align, unsigned flags);
struct vm_node *vm_node_new(const struct vm_region *region);
bool vm_range_bad(uintptr_t address, size_t size);

/* How much is unmapped or changed at a time: with interrupts off, and then the TLB is flushed. */
#define VM_STEP (32 * PAGE_SIZE)

/* Frames that were unmapped wait for the TLB: other CPUs may still write to them. */
struct vm_freed {
	size_t count;
	uint64_t frames[VM_STEP / PAGE_SIZE];
};

/*
 * What regions with a source need. NULL until there is one: only programs that map files link it.
 */
struct vm_source_hooks {
	/* A fault where the region gives the right. vm_lock held. */
	int (*fill)(const struct vm_region *region, uintptr_t page);
	/* Unmap pages and collect the region's own. True: any was mapped. vm_lock held. */
	bool (*unmap)(const struct vm_region *region, uintptr_t at, size_t size,
		      struct vm_freed *freed);
	/* The region's attrs were changed, the pages' not yet. vm_mutex held. */
	void (*protect)(const struct vm_region *region);
	/* A region comes. It goes: takes over the node. vm_mutex held. */
	void (*get)(const struct vm_region *region);
	void (*bury)(struct vm_node *node);
	/* After the end of vm_mutex. */
	void (*end)(void);
};
extern const struct vm_source_hooks *vm_source_hooks;

/*
 * Wait until nothing of a range is pinned (mem/vm_pin.h). NULL until something was. vm_lock is held
 * and given up meanwhile.
 */
extern struct irq_state (*vm_pins_await)(uintptr_t start, size_t size, struct irq_state state);

/* Fill pages of a kernel stack; its guard is what nobody fills. 0 or -ENOMEM. vm_mutex not held. */
int vm_populate_stack(uintptr_t address, size_t size);
