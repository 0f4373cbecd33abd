/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks by the kernel's id. A thread's id is only known once it runs, and most are never asked for
 * by id: blocks wait in a list, and who looks for one puts the whole list where it belongs; but for
 * the newest, which is often joined before there is another.
 */
#include "threads.h"

#define BUCKETS 64

/* Guarded by the list lock. [BUCKETS] holds those that were not looked at yet. */
static struct thread_block *lists[BUCKETS + 1];
static struct thread_block *newest; /* NULL: it is gone */

static void push(struct thread_block **list, struct thread_block *block)
{
	block->prev = NULL;
	block->next = *list;
	if (*list)
		(*list)->prev = block;
	*list = block;
}

/* The list is known by its first element alone: which one it is does not matter elsewhere. */
static void pull(struct thread_block **list, struct thread_block *block)
{
	if (block->prev)
		block->prev->next = block->next;
	else
		*list = block->next;
	if (block->next)
		block->next->prev = block->prev;
}

static struct thread_block **list_of(struct thread_block *block)
{
	return &lists[block->indexed ? block->id % BUCKETS : BUCKETS];
}

void __uk_ids_enter(struct thread_block *block)
{
	newest = block;
	block->indexed = false;
	push(&lists[BUCKETS], block);
}

void __uk_ids_leave(struct thread_block *block)
{
	if (newest == block)
		newest = NULL;
	pull(list_of(block), block);
}

static void index_all(void)
{
	struct thread_block *next;

	for (struct thread_block *block = lists[BUCKETS]; block; block = next) {
		next = block->next;
		if (!block->id) /* not even created: nobody can know its id */
			continue;
		pull(&lists[BUCKETS], block);
		block->indexed = true;
		push(list_of(block), block);
	}
}

struct thread_block *__uk_block_find_id(int id)
{
	struct thread_block *block;

	if (id <= 0)
		return NULL;
	if (newest && newest->id == id)
		return newest;
	index_all();
	block = lists[id % BUCKETS];
	while (block && block->id != id)
		block = block->next;
	return block;
}
