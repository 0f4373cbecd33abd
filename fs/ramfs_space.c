/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of files in advance, given back in the middle, and where there is any. inode->lock is held
 * in all functions.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <mem/frame.h>

#include "ramfs.h"

int ramfs_allocate(struct inode *inode, uint64_t offset, uint64_t size, bool keep)
{
	struct pages *pages = &ramfs_inode(inode)->pages;
	uint64_t end = ramfs_pages_of(offset + size), first = offset >> PAGE_SHIFT, missing = 0;

	(void)keep; /* pages behind the end are as good as others */
	if (offset + size > RAMFS_SIZE_LIMIT)
		return -EFBIG;
	/* Do not begin what cannot end well. The first test keeps the second one short. */
	if (end - first > pages->count + frame_free_count())
		return -ENOSPC;
	for (uint64_t number = first; number < end; number++)
		missing += !pages_find(pages, number);
	if (!ramfs_has_room(missing))
		return -ENOSPC;
	for (uint64_t number = first; number < end; number++)
		if (!ramfs_own_page(inode, number))
			return -ENOSPC;
	return 0;
}

/* Zeros in part of a page that is there or borrowed. */
static int zero_in_page(struct inode *inode, uint64_t number, size_t start, size_t end)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint8_t *page;

	/* A page that is mapped must stay; a borrowed one would show again. */
	if (end - start == PAGE_SIZE && !READ_ONCE(file->source.regions) &&
	    number >= ramfs_pages_of(file->borrowed_size)) {
		ramfs_count_blocks(inode, -(long)pages_drop(&file->pages, number));
		return 0;
	}
	page = ramfs_own_page(inode, number);
	if (!page)
		return -ENOSPC;
	memset(page + start, 0, end - start);
	return 0;
}

int ramfs_zero(struct inode *inode, uint64_t offset, uint64_t size)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t number = offset >> PAGE_SHIFT, end = offset + size, start;
	int error = 0;

	if (end > RAMFS_SIZE_LIMIT)
		return -EFBIG;
	for (; !error; number++) {
		if (number >= ramfs_pages_of(file->borrowed_size))
			number = pages_next(&file->pages, number);
		start = number << PAGE_SHIFT;
		if (start >= end)
			break;
		error = zero_in_page(inode, number, MAX(offset, start) - start,
				     MIN(end - start, PAGE_SIZE));
	}
	return error;
}

int64_t ramfs_next(struct inode *inode, uint64_t offset, bool hole)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t number = offset >> PAGE_SHIFT, end = ramfs_pages_of(inode->size);
	uint64_t borrowed = ramfs_pages_of(file->borrowed_size);

	if (hole) {
		number = MAX(number, borrowed);
		while (number < end && pages_find(&file->pages, number))
			number++;
	} else if (number >= borrowed) {
		number = pages_next(&file->pages, number);
		if (number >= end)
			return -ENXIO;
	}
	return (int64_t)MIN(MAX(offset, number << PAGE_SHIFT), inode->size);
}
