/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of regions: search, gaps, splitting and joining. */
#include <errno.h>

#include <base/bits.h>
#include <mem/heap.h>

#include "vm_tree.h"

struct spinlock vm_lock;
struct mutex vm_mutex = MUTEX_INIT(vm_mutex);
size_t vm_resident, vm_region_count, vm_reserved;

static void summarize(struct avl_node *avl)
{
	struct vm_node *node = CONTAINER_OF(avl, struct vm_node, node);
	uintptr_t gap = node->gap_before;

	for (int side = 0; side < 2; side++)
		if (avl->child[side])
			gap = MAX(gap,
				  CONTAINER_OF(avl->child[side], struct vm_node, node)->gap_max);
	node->gap_max = gap;
}

static struct avl_tree tree = {.update = summarize};

struct vm_node *vm_node_at(uintptr_t address)
{
	struct avl_node *at = tree.root;
	struct vm_node *best = NULL;

	while (at) {
		struct vm_node *node = CONTAINER_OF(at, struct vm_node, node);

		if (node->region.end > address) {
			best = node;
			at = at->child[0];
		} else {
			at = at->child[1];
		}
	}
	return best;
}

/* First fit: leftmost region with a gap below it that is large enough. */
uintptr_t vm_gap_find(size_t size, size_t align)
{
	size_t want = size + align - PAGE_SIZE;
	struct avl_node *at = tree.root;

	if (want < size || !at || CONTAINER_OF(at, struct vm_node, node)->gap_max < want)
		return 0;
	for (;;) {
		struct vm_node *node = CONTAINER_OF(at, struct vm_node, node);
		struct avl_node *left = at->child[0];

		if (left && CONTAINER_OF(left, struct vm_node, node)->gap_max >= want) {
			at = left;
			continue;
		}
		if (node->gap_before >= want)
			return align_up(node->region.start - node->gap_before, align);
		at = at->child[1];
	}
}

static void set_gap(struct vm_node *node)
{
	struct vm_node *prev = vm_node_prev(node);

	node->gap_before = prev ? node->region.start - prev->region.end : 0;
	avl_refresh(&tree, &node->node);
}

void vm_node_resized(struct vm_node *node)
{
	struct vm_node *next = vm_node_next(node);

	set_gap(node);
	if (next)
		set_gap(next);
}

void vm_node_insert(struct vm_node *node)
{
	struct avl_node *parent = NULL, **link = &tree.root;

	while (*link) {
		parent = *link;
		link = &parent->child[CONTAINER_OF(parent, struct vm_node, node)->region.start <
				      node->region.start];
	}
	node->gap_before = 0;
	avl_insert(&tree, &node->node, parent, link);
	vm_node_resized(node);
	vm_region_count++;
	vm_reserved += node->region.end - node->region.start;
}

void vm_node_remove(struct vm_node *node)
{
	struct vm_node *next = vm_node_next(node);

	avl_remove(&tree, &node->node);
	if (next)
		set_gap(next);
	vm_region_count--;
	vm_reserved -= node->region.end - node->region.start;
}

/* One border inside a region makes two of it. */
static int split_at(uintptr_t address)
{
	struct vm_node *node = vm_node_at(address), *upper;
	struct irq_state state;

	if (!node || node->region.start >= address)
		return 0;
	upper = vm_node_new(&node->region);
	if (!upper)
		return -ENOMEM;
	upper->region.start = address;
	upper->region.first_page += (address - node->region.start) >> PAGE_SHIFT;
	if (upper->region.source)
		vm_source_hooks->get(&upper->region);
	state = spinlock_lock(&vm_lock);
	vm_reserved -= node->region.end - address;
	node->region.end = address;
	vm_node_insert(upper);
	spinlock_unlock(&vm_lock, state);
	return 0;
}

int vm_split(uintptr_t start, uintptr_t end)
{
	int error = split_at(start);

	return error ? error : split_at(end);
}

static bool same(const struct vm_node *a, const struct vm_node *b)
{
	return !vm_is_dead(a) && !vm_is_dead(b) && a->region.kind == VM_ANON &&
	       b->region.kind == VM_ANON && a->region.end == b->region.start &&
	       a->region.attrs == b->region.attrs && a->region.name == b->region.name;
}

/* Let a region absorb the one behind it, if they are equal. */
static void join_next(struct vm_node *lower)
{
	struct vm_node *upper = lower ? vm_node_next(lower) : NULL;
	struct irq_state state;

	if (!upper || !same(lower, upper))
		return;
	state = spinlock_lock(&vm_lock);
	vm_node_remove(upper);
	vm_reserved += upper->region.end - lower->region.end;
	lower->region.end = upper->region.end;
	vm_node_resized(lower);
	spinlock_unlock(&vm_lock, state);
	heap_free(upper);
}

void vm_join(uintptr_t address)
{
	struct vm_node *node = vm_node_at(address);

	if (node->region.start > address)
		return;
	join_next(node);
	join_next(vm_node_prev(node));
}
