/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Height-balanced search tree whose nodes lie inside the objects. The tree knows no keys: who
 * searches or inserts writes the loop that compares.
 *
 *	struct avl_node *parent = NULL, **link = &tree->root;
 *	while (*link) {
 *		parent = *link;
 *		link = &parent->child[key_of(parent) < key];
 *	}
 *	avl_insert(tree, &object->node, parent, link);
 *
 * A tree may keep a summary in every node of the subtree below it (`tree->update`): the function
 * computes the summary of a node from the node and its two children, whose summaries are right, and
 * is called for every node whose subtree changed, children first, up to the root. NULL: no summary.
 *
 * All operations are O(log n), allocate nothing, and want the lock that guards the tree.
 */
#ifndef BASE_AVL_H
#define BASE_AVL_H

#include <stddef.h>

struct avl_node {
	struct avl_node *child[2]; /* lower, higher */
	struct avl_node *parent;
	unsigned height; /* of the subtree, 1 for a leaf */
};

struct avl_tree {
	struct avl_node *root;
	void (*update)(struct avl_node *node);
};

/* Hang `node` where the search ended. */
void avl_insert(struct avl_tree *tree, struct avl_node *node, struct avl_node *parent,
		struct avl_node **link);
void avl_remove(struct avl_tree *tree, struct avl_node *node);

/* What `update` reads of `node` itself has changed: bring the summaries up to date from there. */
void avl_refresh(struct avl_tree *tree, struct avl_node *node);

/*
 * The outermost node on a side (0 lowest, 1 highest), and the neighbour on a side; NULL if there is
 * none.
 */
struct avl_node *avl_end(const struct avl_tree *tree, int side);
struct avl_node *avl_step(const struct avl_node *node, int side);

static inline struct avl_node *avl_first(const struct avl_tree *tree)
{
	return avl_end(tree, 0);
}

static inline struct avl_node *avl_last(const struct avl_tree *tree)
{
	return avl_end(tree, 1);
}

static inline struct avl_node *avl_next(const struct avl_node *node)
{
	return avl_step(node, 1);
}

static inline struct avl_node *avl_prev(const struct avl_node *node)
{
	return avl_step(node, 0);
}

#endif
