/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages by number, most of them perhaps missing: the contents of a file in memory. A tree of nodes
 * of 64 pointers, no deeper than the highest number needs; a file of one page has no node. Its
 * spinlock lets page faults look and add at any time; who removes pages sees to it that nobody uses
 * them. A page that is there stays the same until it is removed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kernel/spinlock.h>

#define PAGES_NUMBER_MAX ((uint64_t)1 << 36) /* numbers are below: files of up to 256 TiB */

struct pages {
	struct spinlock lock; /* guards: */
	unsigned height;
	void *root;   /* the page itself at height 0, else a node */
	size_t count; /* pages that are there */
};

/* The page, as its address in the linear map; NULL: it is missing. */
void *pages_find(struct pages *pages, uint64_t number);

/*
 * Add a page, a frame in the linear map. What is there afterwards: `page`, or the one that was
 * there already, which leaves `page` to the caller; NULL: memory is out.
 */
void *pages_add(struct pages *pages, uint64_t number, void *page);

/* Free the pages from `first` on, some at a time; returns how many. */
size_t pages_cut(struct pages *pages, uint64_t first);

/* Free one page, if it is there; returns how many. */
size_t pages_drop(struct pages *pages, uint64_t number);

/* The first number from `number` on that has a page; PAGES_NUMBER_MAX: none. */
uint64_t pages_next(struct pages *pages, uint64_t number);
