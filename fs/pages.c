/* SPDX-License-Identifier: BSD-2-Clause */
#include "pages.h"

#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#define NODE_BITS  6
#define NODE_SLOTS (1u << NODE_BITS)

struct pages_node {
	void *slot[NODE_SLOTS];
};

/* How many pages a slot at a height stands for, as a power of two: a node at height h has 64^h. */
static unsigned shift_of(unsigned height)
{
	return height * NODE_BITS;
}

void *pages_find(const struct pages *pages, uint64_t number)
{
	void *at = pages->root;

	if (number >> shift_of(pages->height))
		return NULL;
	for (unsigned height = pages->height; at && height; height--)
		at = ((struct pages_node *)at)
			     ->slot[number >> shift_of(height - 1) & (NODE_SLOTS - 1)];
	return at;
}

/* Make the tree high enough. False: memory is out. */
static bool grow(struct pages *pages, uint64_t number)
{
	struct pages_node *node;

	while (number >> shift_of(pages->height)) {
		if (pages->root) {
			node = heap_alloc_zeroed(sizeof(*node));
			if (!node)
				return false;
			node->slot[0] = pages->root;
			pages->root = node;
		}
		pages->height++;
	}
	return true;
}

void *pages_take(struct pages *pages, uint64_t number, bool *made)
{
	unsigned height;
	uint64_t pa;
	void **slot;

	*made = false;
	if (!grow(pages, number))
		return NULL;
	slot = &pages->root;
	for (height = pages->height; height; height--) {
		if (!*slot)
			*slot = heap_alloc_zeroed(sizeof(struct pages_node));
		if (!*slot)
			return NULL;
		slot = &((struct pages_node *)*slot)
				->slot[number >> shift_of(height - 1) & (NODE_SLOTS - 1)];
	}
	if (!*slot) {
		pa = frame_alloc_zeroed();
		if (!pa)
			return NULL;
		*slot = linear_address(pa);
		pages->count++;
		*made = true;
	}
	return *slot;
}

/*
 * Free from `first` on, a number within the slot. The tree is at most 6 nodes high, and so deep is
 * the recursion.
 */
static size_t cut(void **slot, unsigned height, uint64_t first)
{
	struct pages_node *node = *slot;
	uint64_t within = first;
	size_t freed = 0;
	unsigned shift;

	if (!node)
		return 0;
	if (!height) {
		frame_free(linear_physical(node));
		*slot = NULL;
		return 1;
	}
	shift = shift_of(height - 1);
	for (unsigned i = (unsigned)(first >> shift); i < NODE_SLOTS; i++) {
		within &= (UINT64_C(1) << shift) - 1;
		freed += cut(&node->slot[i], height - 1, within);
		within = 0;
	}
	if (!first) {
		heap_free(node);
		*slot = NULL;
	}
	return freed;
}

size_t pages_cut(struct pages *pages, uint64_t first)
{
	size_t freed;

	if (first >> shift_of(pages->height))
		return 0;
	freed = cut(&pages->root, pages->height, first);
	pages->count -= freed;
	if (!pages->count) {
		cut(&pages->root, pages->height, 0); /* what nodes are left */
		pages->height = 0;
	}
	return freed;
}
