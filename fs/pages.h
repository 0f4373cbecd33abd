/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages by number, most of them perhaps missing: the contents of a file in memory. A tree of nodes
 * of 64 pointers, no deeper than the highest number needs; a file of one page has no node. No
 * locking: the owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGES_NUMBER_MAX ((uint64_t)1 << 36) /* numbers are below: files of up to 256 TiB */

struct pages {
	void *root; /* the page itself at height 0, else a node */
	unsigned height;
	size_t count; /* pages that are there */
};

/* The page, as its address in the linear map; NULL: it is missing. */
void *pages_find(const struct pages *pages, uint64_t number);

/* The page, made and zeroed if it was missing (*made tells); NULL: memory is out. */
void *pages_take(struct pages *pages, uint64_t number, bool *made);

/* Free the pages from `first` on; returns how many. */
size_t pages_cut(struct pages *pages, uint64_t first);
