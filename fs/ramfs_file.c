/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular files of the memory file system. inode->lock is held in all functions. */
#include <errno.h>
#include <string.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <fs/io.h>
#include <fs/ramfs.h>
#include <mem/frame.h>

#include "ramfs.h"

#define BLOCKS_PER_PAGE (PAGE_SIZE / 512)
#define SIZE_LIMIT	(PAGES_NUMBER_MAX << PAGE_SHIFT)

static uint64_t pages_of(uint64_t size)
{
	return (size + PAGE_MASK) >> PAGE_SHIFT;
}

void ramfs_borrow(struct inode *inode, const void *data, size_t size)
{
	struct ramfs_inode *file = ramfs_inode(inode);

	file->borrowed = data;
	file->borrowed_size = size;
	inode->size = size;
	inode->blocks = pages_of(size) * BLOCKS_PER_PAGE;
}

long ramfs_read(struct inode *inode, struct io *io, uint64_t offset)
{
	struct ramfs_inode *file = ramfs_inode(inode);

	while (offset < inode->size && io->left && !io->fault) {
		uint64_t within = offset & PAGE_MASK;
		size_t n = MIN(inode->size - offset, PAGE_SIZE - within);
		const uint8_t *page = pages_find(&file->pages, offset >> PAGE_SHIFT);

		if (page)
			n = io_out(io, page + within, n);
		else if (offset < file->borrowed_size)
			n = io_out(io, file->borrowed + offset,
				   MIN(n, file->borrowed_size - offset));
		else
			n = io_zero(io, n);
		offset += n;
	}
	return io_result(io);
}

/* The page as memory that may be written. NULL: there is none left. */
static uint8_t *own_page(struct inode *inode, uint64_t number)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t at = number << PAGE_SHIFT;
	uint8_t *page = pages_find(&file->pages, number);
	bool made;

	if (page || ramfs_is_full())
		return page;
	page = pages_take(&file->pages, number, &made);
	if (!page)
		return NULL;
	if (at < file->borrowed_size)
		memcpy(page, file->borrowed + at, MIN(PAGE_SIZE, file->borrowed_size - at));
	else
		inode->blocks += BLOCKS_PER_PAGE;
	return page;
}

long ramfs_write(struct inode *inode, struct io *io, uint64_t offset)
{
	while (io->left && !io->fault) {
		uint64_t within = offset & PAGE_MASK, end;
		size_t n = MIN(io->left, PAGE_SIZE - within), moved;
		uint8_t *page;

		if (offset >= SIZE_LIMIT)
			return io->done ? (long)io->done : -EFBIG;
		page = own_page(inode, offset >> PAGE_SHIFT);
		if (!page)
			return io->done ? (long)io->done : -ENOSPC;
		moved = io_in(io, page + within, n);
		/* A copy that failed may have left bytes behind: not behind the end of the file. */
		end = MAX(offset + moved, inode->size);
		if (end < offset + n)
			memset(page + within + (end - offset), 0, offset + n - end);
		offset += moved;
		if (moved && offset > inode->size)
			inode->size = offset;
	}
	return io_result(io);
}

int ramfs_truncate(struct inode *inode, uint64_t size)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t first = pages_of(size), borrowed = pages_of(file->borrowed_size), gone;
	uint8_t *last;

	if (size > SIZE_LIMIT)
		return -EFBIG;
	if (size <= inode->size) {
		/* A page that was borrowed counts once, whether or not it was copied. */
		gone = pages_cut(&file->pages, MAX(first, borrowed));
		if (first < borrowed) {
			pages_cut(&file->pages, first);
			gone += borrowed - first;
		}
		inode->blocks -= gone * BLOCKS_PER_PAGE;
		file->borrowed_size = MIN(file->borrowed_size, size);
		last = size & PAGE_MASK ? pages_find(&file->pages, first - 1) : NULL;
		if (last)
			memset(last + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
	}
	inode->size = size;
	return 0;
}

int ramfs_allocate(struct inode *inode, uint64_t offset, uint64_t size)
{
	uint64_t end = pages_of(offset + size), number = offset >> PAGE_SHIFT;

	if (offset + size > SIZE_LIMIT)
		return -EFBIG;
	/* At least so many are missing: do not begin what cannot end well. */
	if (end - number > ramfs_inode(inode)->pages.count + frame_free_count())
		return -ENOSPC;
	for (; number < end; number++)
		if (!own_page(inode, number))
			return -ENOSPC;
	return 0;
}
