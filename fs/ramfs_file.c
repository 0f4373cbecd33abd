/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular files of the memory file system. inode->lock is held in all functions. */
#include <errno.h>
#include <string.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <fs/io.h>
#include <fs/ramfs.h>
#include <mem/frame.h>
#include <mem/linear.h>

#include "ramfs.h"

#define BLOCKS_PER_PAGE (PAGE_SIZE / 512)

void ramfs_borrow(struct inode *inode, const void *data, size_t size)
{
	struct ramfs_inode *file = ramfs_inode(inode);

	file->borrowed = data;
	file->borrowed_size = size;
	inode->size = size;
	inode->blocks = ramfs_pages_of(size) * BLOCKS_PER_PAGE;
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

void ramfs_count_blocks(struct inode *inode, long pages)
{
	__atomic_fetch_add(&inode->blocks, (uint64_t)pages * BLOCKS_PER_PAGE, __ATOMIC_RELAXED);
}

/* A page fault may be waiting, with interrupts off: nothing is written twice. */
void ramfs_copy_borrowed(const struct ramfs_inode *file, uint64_t at, uint8_t *page)
{
	size_t size = at < file->borrowed_size ? MIN(PAGE_SIZE, file->borrowed_size - at) : 0;

	if (size)
		memcpy(page, file->borrowed + at, size);
	memset(page + size, 0, PAGE_SIZE - size);
}

uint8_t *ramfs_own_page(struct inode *inode, uint64_t number)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t at = number << PAGE_SHIFT, frame;
	uint8_t *page = pages_find(&file->pages, number), *present;

	if (page || ramfs_is_full())
		return page;
	frame = frame_alloc();
	if (!frame)
		return NULL;
	page = linear_address(frame);
	ramfs_copy_borrowed(file, at, page);
	present = pages_add(&file->pages, number, page);
	if (present != page)
		frame_free(frame);
	else if (at >= file->borrowed_size)
		ramfs_count_blocks(inode, 1);
	return present;
}

void ramfs_zero_tail(struct inode *inode)
{
	size_t within = inode->size & PAGE_MASK;
	uint8_t *last = within ? pages_find(&ramfs_inode(inode)->pages, inode->size >> PAGE_SHIFT)
			       : NULL;

	if (last)
		memset(last + within, 0, PAGE_SIZE - within);
}

/* The file grows: what a mapping may have written behind its end must not show. */
static void before_growth(struct inode *inode)
{
	if (READ_ONCE(ramfs_inode(inode)->source.regions))
		ramfs_zero_tail(inode);
}

long ramfs_write(struct inode *inode, struct io *io, uint64_t offset)
{
	if (offset + io->left > inode->size)
		before_growth(inode);
	while (io->left && !io->fault) {
		uint64_t within = offset & PAGE_MASK, end;
		size_t n = MIN(io->left, PAGE_SIZE - within), moved;
		uint8_t *page;

		if (offset >= RAMFS_SIZE_LIMIT)
			return io->done ? (long)io->done : -EFBIG;
		page = ramfs_own_page(inode, offset >> PAGE_SHIFT);
		if (!page)
			return io->done ? (long)io->done : -ENOSPC;
		moved = io_in(io, page + within, n);
		/* A copy that failed may have left bytes behind: not behind the end of the file. */
		end = MAX(offset + moved, inode->size);
		if (end < offset + n)
			memset(page + within + (end - offset), 0, offset + n - end);
		offset += moved;
		if (moved && offset > inode->size)
			WRITE_ONCE(inode->size, offset);
	}
	return io_result(io);
}

/* The file's new end is where mappings look: first they must not find the pages any more. */
static void cut(struct inode *inode, uint64_t size)
{
	struct ramfs_inode *file = ramfs_inode(inode);
	uint64_t first = ramfs_pages_of(size), borrowed = ramfs_pages_of(file->borrowed_size);
	uint64_t gone;

	if (READ_ONCE(file->source.regions))
		vm_source_cut(&file->source, first);
	/* A page that was borrowed counts once, whether or not it was copied. */
	gone = pages_cut(&file->pages, MAX(first, borrowed));
	if (first < borrowed) {
		pages_cut(&file->pages, first);
		gone += borrowed - first;
	}
	ramfs_count_blocks(inode, -(long)gone);
	file->borrowed_size = MIN(file->borrowed_size, size);
	ramfs_zero_tail(inode);
}

int ramfs_truncate(struct inode *inode, uint64_t size)
{
	if (size > RAMFS_SIZE_LIMIT)
		return -EFBIG;
	if (size > inode->size) {
		before_growth(inode);
		WRITE_ONCE(inode->size, size);
	} else {
		WRITE_ONCE(inode->size, size);
		cut(inode, size);
	}
	return 0;
}
