/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/avl.h>

static unsigned height_of(const struct avl_node *node)
{
	return node ? node->height : 0;
}

static struct avl_node **link_to(struct avl_tree *tree, const struct avl_node *node)
{
	struct avl_node *parent = node->parent;

	return parent ? &parent->child[parent->child[1] == node] : &tree->root;
}

static void refresh(struct avl_tree *tree, struct avl_node *node)
{
	unsigned low = height_of(node->child[0]), high = height_of(node->child[1]);

	node->height = (low > high ? low : high) + 1;
	if (tree->update)
		tree->update(node);
}

/* The child of `node` on `side` takes its place and gets it as a child. */
static struct avl_node *rotate(struct avl_tree *tree, struct avl_node *node, int side)
{
	struct avl_node *up = node->child[side], *inner = up->child[!side];

	*link_to(tree, node) = up;
	up->parent = node->parent;
	node->child[side] = inner;
	if (inner)
		inner->parent = node;
	up->child[!side] = node;
	node->parent = up;
	refresh(tree, node);
	refresh(tree, up);
	return up;
}

/* Make heights, summaries and balance right from `node` up; below it they are. */
void avl_refresh(struct avl_tree *tree, struct avl_node *node)
{
	for (; node; node = node->parent) {
		int lean = (int)height_of(node->child[1]) - (int)height_of(node->child[0]);

		if (lean >= -1 && lean <= 1) {
			refresh(tree, node);
			continue;
		}

		int side = lean > 0;
		struct avl_node *heavy = node->child[side];

		if (height_of(heavy->child[!side]) > height_of(heavy->child[side]))
			rotate(tree, heavy, !side);
		node = rotate(tree, node, side);
	}
}

void avl_insert(struct avl_tree *tree, struct avl_node *node, struct avl_node *parent,
		struct avl_node **link)
{
	node->child[0] = NULL;
	node->child[1] = NULL;
	node->parent = parent;
	*link = node;
	avl_refresh(tree, node);
}

/* `heir` (or nothing) goes where `node` hangs. */
static void replace(struct avl_tree *tree, struct avl_node *node, struct avl_node *heir)
{
	*link_to(tree, node) = heir;
	if (heir)
		heir->parent = node->parent;
}

void avl_remove(struct avl_tree *tree, struct avl_node *node)
{
	struct avl_node *changed = node->parent;

	if (node->child[0] && node->child[1]) {
		/*
		 * The next node has no lower child: take it out and put it in the place of `node`.
		 */
		struct avl_node *heir = avl_next(node);

		changed = heir->parent == node ? heir : heir->parent;
		replace(tree, heir, heir->child[1]);
		replace(tree, node, heir);
		for (int side = 0; side < 2; side++) {
			heir->child[side] = node->child[side];
			if (heir->child[side])
				heir->child[side]->parent = heir;
		}
	} else {
		replace(tree, node, node->child[!node->child[0]]);
	}
	avl_refresh(tree, changed);
}

static struct avl_node *outermost(struct avl_node *node, int side)
{
	while (node && node->child[side])
		node = node->child[side];
	return node;
}

struct avl_node *avl_end(const struct avl_tree *tree, int side)
{
	return outermost(tree->root, side);
}

struct avl_node *avl_step(const struct avl_node *node, int side)
{
	if (node->child[side])
		return outermost(node->child[side], !side);
	while (node->parent && node->parent->child[side] == node)
		node = node->parent;
	return node->parent;
}
