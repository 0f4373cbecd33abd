/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/avl.c
/*
 * The tree against a plain array, with the use it is made for: regions by address, and in every
 * node the largest gap ahead of any region of its subtree.
 */
#include <base/avl.h>
#include <base/compiler.h>

#include "unit.h"

#define COUNT 300

struct item {
	struct avl_node node;
	unsigned key;
	unsigned weight, heaviest;
	bool in;
};

static struct item items[COUNT];
static unsigned long updates;

static struct item *item_of(struct avl_node *node)
{
	return CONTAINER_OF(node, struct item, node);
}

static void update(struct avl_node *node)
{
	struct item *item = item_of(node);

	item->heaviest = item->weight;
	for (int side = 0; side < 2; side++)
		if (node->child[side] && item_of(node->child[side])->heaviest > item->heaviest)
			item->heaviest = item_of(node->child[side])->heaviest;
	updates++;
}

static void insert(struct avl_tree *tree, struct item *item)
{
	struct avl_node *parent = NULL, **link = &tree->root;

	while (*link) {
		parent = *link;
		link = &parent->child[item_of(parent)->key < item->key];
	}
	avl_insert(tree, &item->node, parent, link);
	item->in = true;
}

static void take(struct avl_tree *tree, struct item *item)
{
	avl_remove(tree, &item->node);
	item->in = false;
}

/* Height of a right subtree, or -1. */
static int check_node(const struct avl_node *node, const struct avl_node *parent)
{
	const struct item *item = CONTAINER_OF(node, const struct item, node);
	unsigned heaviest = item->weight;
	int height[2] = {0, 0};

	if (node->parent != parent)
		return -1;
	for (int side = 0; side < 2; side++) {
		const struct avl_node *child = node->child[side];

		if (!child)
			continue;
		height[side] = check_node(child, node);
		if (height[side] < 0)
			return -1;
		if (CONTAINER_OF(child, const struct item, node)->heaviest > heaviest)
			heaviest = CONTAINER_OF(child, const struct item, node)->heaviest;
	}
	if (abs(height[0] - height[1]) > 1 || item->heaviest != heaviest)
		return -1;
	height[0] = 1 + (height[0] > height[1] ? height[0] : height[1]);
	return node->height == (unsigned)height[0] ? height[0] : -1;
}

/* The items that are in, by key, forwards and backwards; the array is sorted by key. */
static void check_tree(const struct avl_tree *tree)
{
	struct avl_node *node = avl_first(tree);

	CHECK(!tree->root || check_node(tree->root, NULL) > 0);
	for (int i = 0; i < COUNT; i++) {
		if (!items[i].in)
			continue;
		CHECK(node == &items[i].node);
		node = avl_next(node);
	}
	CHECK(!node);
	node = avl_last(tree);
	for (int i = COUNT; i-- > 0;) {
		if (!items[i].in)
			continue;
		CHECK(node == &items[i].node);
		node = avl_prev(node);
	}
	CHECK(!node);
}

static void prepare(uint64_t seed)
{
	for (unsigned i = 0; i < COUNT; i++)
		items[i] = (struct item){.key = i, .weight = unit_random(&seed) % 1000};
}

TEST(empty)
{
	struct avl_tree tree = {.update = update};

	prepare(1);
	CHECK_IN(check_tree(&tree));
	CHECK(!avl_first(&tree) && !avl_last(&tree));
}

TEST(up_and_down_in_order)
{
	struct avl_tree tree = {.update = update};

	prepare(2);
	for (int i = 0; i < COUNT; i++) {
		insert(&tree, &items[i]);
		CHECK_IN(check_tree(&tree));
	}
	CHECK(tree.root->height <= 9); /* 1.44 log2(301) is 11.9; in order: full */
	for (int i = COUNT; i-- > 0;) {
		take(&tree, &items[i]);
		CHECK_IN(check_tree(&tree));
	}
	CHECK(!tree.root);
}

TEST(random_steps)
{
	struct avl_tree tree = {.update = update};
	uint64_t seed = 3;

	prepare(seed);
	for (int step = 0; step < 20000; step++) {
		struct item *item = &items[unit_random(&seed) % (step / 64 % COUNT + 1)];

		if (!item->in) {
			insert(&tree, item);
		} else if (unit_random(&seed) & 1) {
			take(&tree, item);
		} else {
			item->weight = unit_random(&seed) % 1000;
			avl_refresh(&tree, &item->node);
		}
		CHECK_IN(check_tree(&tree));
	}
}

TEST(equal_keys_keep_their_order)
{
	struct avl_tree tree = {.update = NULL};
	struct avl_node nodes[50], *node;

	for (int i = 0; i < 50; i++) {
		struct avl_node *parent = NULL, **link = &tree.root;

		while (*link) {
			parent = *link;
			link = &parent->child[1];
		}
		avl_insert(&tree, &nodes[i], parent, link);
	}
	node = avl_first(&tree);
	for (int i = 0; i < 50; i++, node = avl_next(node))
		CHECK(node == &nodes[i]);
	CHECK(!node);
}

TEST(one_insertion_is_logarithmic)
{
	struct avl_tree tree = {.update = update};

	prepare(4);
	for (int i = 0; i < COUNT; i++) {
		updates = 0;
		insert(&tree, &items[i]);
		CHECK(updates <= 2 * 12 + 4);
	}
}
