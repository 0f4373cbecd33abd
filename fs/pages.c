/* SPDX-License-Identifier: BSD-2-Clause */
#include "pages.h"

#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#define NODE_BITS  6
#define NODE_SLOTS (1u << NODE_BITS)
#define CUT_STEP   8 /* pages and nodes freed with interrupts off */

struct pages_node {
	void *slot[NODE_SLOTS];
};

/* How many pages a slot at a height stands for, as a power of two: a node at height h has 64^h. */
static unsigned shift_of(unsigned height)
{
	return height * NODE_BITS;
}

static unsigned slot_of(uint64_t number, unsigned height)
{
	return number >> shift_of(height - 1) & (NODE_SLOTS - 1);
}

/* Where the page's address stands, or NULL. The lock is held. */
static void **find(struct pages *pages, uint64_t number)
{
	void **at = &pages->root;

	if (number >> shift_of(pages->height))
		return NULL;
	for (unsigned height = pages->height; *at && height; height--)
		at = &((struct pages_node *)*at)->slot[slot_of(number, height)];
	return *at ? at : NULL;
}

void *pages_find(struct pages *pages, uint64_t number)
{
	struct irq_state state = spinlock_lock(&pages->lock);
	void **at = find(pages, number), *page = at ? *at : NULL;

	spinlock_unlock(&pages->lock, state);
	return page;
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

static void *add(struct pages *pages, uint64_t number, void *page)
{
	void **slot = &pages->root;

	if (!grow(pages, number))
		return NULL;
	for (unsigned height = pages->height; height; height--) {
		if (!*slot)
			*slot = heap_alloc_zeroed(sizeof(struct pages_node));
		if (!*slot)
			return NULL;
		slot = &((struct pages_node *)*slot)->slot[slot_of(number, height)];
	}
	if (!*slot) {
		*slot = page;
		pages->count++;
	}
	return *slot;
}

void *pages_add(struct pages *pages, uint64_t number, void *page)
{
	struct irq_state state = spinlock_lock(&pages->lock);

	page = add(pages, number, page);
	spinlock_unlock(&pages->lock, state);
	return page;
}

/*
 * Free from `first` on, a number within the slot, but not more than *budget pages and nodes: then
 * something is left. The tree is at most 6 nodes high, and so deep is the recursion.
 */
static size_t cut(void **slot, unsigned height, uint64_t first, unsigned *budget)
{
	struct pages_node *node = *slot;
	uint64_t within = first;
	size_t freed = 0;
	unsigned shift;

	if (!node || !*budget)
		return 0;
	if (!height) {
		frame_free(linear_physical(node));
		*slot = NULL;
		--*budget;
		return 1;
	}
	shift = shift_of(height - 1);
	for (unsigned i = (unsigned)(first >> shift); i < NODE_SLOTS && *budget; i++) {
		within &= (UINT64_C(1) << shift) - 1;
		if (node->slot[i])
			freed += cut(&node->slot[i], height - 1, within, budget);
		within = 0;
	}
	if (!first && *budget) {
		heap_free(node);
		*slot = NULL;
		--*budget;
	}
	return freed;
}

/* False: call again. */
static bool cut_some(struct pages *pages, uint64_t first, size_t *freed)
{
	unsigned budget = CUT_STEP;
	struct irq_state state = spinlock_lock(&pages->lock);
	size_t count = 0;

	if (!(first >> shift_of(pages->height)))
		count = cut(&pages->root, pages->height, first, &budget);
	pages->count -= count;
	if (!pages->count && budget) {
		cut(&pages->root, pages->height, 0, &budget); /* what nodes are left */
		if (!pages->root)
			pages->height = 0;
	}
	spinlock_unlock(&pages->lock, state);
	*freed += count;
	return budget;
}

size_t pages_cut(struct pages *pages, uint64_t first)
{
	size_t freed = 0;

	while (!cut_some(pages, first, &freed))
		;
	return freed;
}

size_t pages_drop(struct pages *pages, uint64_t number)
{
	struct irq_state state = spinlock_lock(&pages->lock);
	void **at = find(pages, number), *page = at ? *at : NULL;

	if (page) {
		*at = NULL;
		pages->count--;
	}
	spinlock_unlock(&pages->lock, state);
	if (!page)
		return 0;
	frame_free(linear_physical(page));
	return 1;
}

/* The first number from `first` on within the slot, or as many as the slot stands for. */
static uint64_t next(void *at, unsigned height, uint64_t first)
{
	struct pages_node *node = at;
	uint64_t all = UINT64_C(1) << shift_of(height), part = height ? all >> NODE_BITS : 0, found;

	if (!node || !height)
		return node ? first : all;
	for (uint64_t i = first / part; i < NODE_SLOTS; i++) {
		if (!node->slot[i])
			continue;
		found = next(node->slot[i], height - 1, first > i * part ? first - i * part : 0);
		if (found < part)
			return i * part + found;
	}
	return all;
}

uint64_t pages_next(struct pages *pages, uint64_t number)
{
	struct irq_state state = spinlock_lock(&pages->lock);
	uint64_t all = UINT64_C(1) << shift_of(pages->height), found = all;

	if (number < all)
		found = next(pages->root, pages->height, number);
	spinlock_unlock(&pages->lock, state);
	return found < all ? found : PAGES_NUMBER_MAX;
}
