/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Circular doubly linked list. The head and the members have the same type; the members lie inside
 * the objects that are listed, so nothing allocates and every operation but the loops is O(1). No
 * locking: the owner of the head says which lock guards the list.
 *
 * A member is either on a list or off it. list_remove() leaves the member pointing to itself, so
 * list_empty(&object->member) tells whether the object is off, and removing it twice is harmless;
 * for this list_init() the member when the object is made.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include <base/compiler.h>

struct list {
	struct list *next;
	struct list *prev;
};

#define LIST_INIT(name)                                                                            \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}

static inline void list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

/* Put `node`, which is on no list, ahead of `place` (a member, or the head: then it comes last). */
static inline void list_insert_before(struct list *place, struct list *node)
{
	node->next = place;
	node->prev = place->prev;
	place->prev->next = node;
	place->prev = node;
}

static inline void list_push_back(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void list_push_front(struct list *head, struct list *node)
{
	list_insert_before(head->next, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The first member, taken off; NULL when there is none. */
static inline struct list *list_pop_front(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	list_remove(node);
	return node;
}

/* Move all members of `from` to the end of `to`. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
#define LIST_FIRST(head, type, member) LIST_ENTRY((head)->next, type, member)

/* `item` is a `type *` declared by the loop. The body must not take `item` off the list. */
#define LIST_FOR_EACH(type, item, head, member)                                                    \
	for (type *item = LIST_ENTRY((head)->next, type, member); &item->member != (head);         \
	     item = LIST_ENTRY(item->member.next, type, member))

/* The body may take `item`, and no other member, off the list. */
#define LIST_FOR_EACH_SAFE(type, item, head, member)                                               \
	for (type *item = LIST_ENTRY((head)->next, type, member),                                  \
		  *item##_next = LIST_ENTRY(item->member.next, type, member);                      \
	     &item->member != (head);                                                              \
	     item = item##_next, item##_next = LIST_ENTRY(item->member.next, type, member))

#endif
