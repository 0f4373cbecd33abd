/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the memory file system as sources of mapped pages (mem/vm_source.h): the frames with
 * their contents are what is mapped.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/guard.h>
#include <mem/linear.h>

#include "ramfs.h"

static struct inode *inode_of(struct vm_source *source)
{
	return &CONTAINER_OF(source, struct ramfs_inode, source)->inode;
}

/* The size is set before pages are cut, so what is behind it is not found by then. */
static bool is_behind(struct inode *inode, uint64_t number)
{
	return number >= ramfs_pages_of(READ_ONCE(inode->size));
}

static int page_of(struct vm_source *source, uint64_t number, uint64_t *frame)
{
	struct inode *inode = inode_of(source);
	const uint8_t *page;

	if (is_behind(inode, number))
		return -ENXIO;
	page = ramfs_own_page(inode, number);
	if (!page)
		return -ENOMEM;
	*frame = linear_physical(page);
	return 0;
}

static int copy_page(struct vm_source *source, uint64_t number, void *to)
{
	struct ramfs_inode *file = CONTAINER_OF(source, struct ramfs_inode, source);
	const uint8_t *page = pages_find(&file->pages, number);

	if (is_behind(&file->inode, number))
		return -ENXIO;
	if (page)
		memcpy(to, page, PAGE_SIZE);
	else
		ramfs_copy_borrowed(file, number << PAGE_SHIFT, to);
	return 0;
}

static bool owns(struct vm_source *source, uint64_t number, uint64_t frame)
{
	struct ramfs_inode *file = CONTAINER_OF(source, struct ramfs_inode, source);

	return pages_find(&file->pages, number) == linear_address(frame);
}

static void get(struct vm_source *source)
{
	inode_get(inode_of(source));
}

static void put(struct vm_source *source)
{
	inode_put(inode_of(source));
}

static int written(struct vm_source *source)
{
	struct inode *inode = inode_of(source);

	GUARD(mutex, &inode->lock);
	ramfs_zero_tail(inode);
	inode_touch(inode, INODE_MTIME | INODE_CTIME);
	return 0;
}

static const struct vm_source_ops ramfs_source_ops = {
	.page = page_of,
	.copy = copy_page,
	.owns = owns,
	.get = get,
	.put = put,
	.written = written,
};

struct vm_source *ramfs_source(struct inode *inode)
{
	struct vm_source *source = &ramfs_inode(inode)->source;

	source->ops = &ramfs_source_ops;
	return source;
}
