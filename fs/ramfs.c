/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/ramfs.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <fs/file.h>
#include <mem/frame.h>
#include <mem/heap.h>

#include "ramfs.h"

#define RAMFS_TYPE     0x858458f6 /* statfs(2) */
#define RESERVE_FRAMES 32	  /* for the kernel and the program's own memory */

bool ramfs_is_full(void)
{
	return frame_free_count() <= RESERVE_FRAMES;
}

bool ramfs_has_room(size_t pages)
{
	return !pages || frame_free_count() >= RESERVE_FRAMES + pages;
}

static void ramfs_statfs(struct mount *mount, struct statfs *stat)
{
	struct frame_stats frames;
	size_t room;

	(void)mount;
	frame_stats(&frames);
	room = frames.free > RESERVE_FRAMES ? frames.free - RESERVE_FRAMES : 0;
	stat->f_type = RAMFS_TYPE;
	stat->f_bsize = stat->f_frsize = PAGE_SIZE;
	stat->f_blocks = frames.total;
	stat->f_bfree = stat->f_bavail = room;
	stat->f_files = stat->f_ffree = frames.total; /* an inode needs less than a frame */
	stat->f_namelen = NAME_BYTES_MAX;
}

static const struct mount_ops ramfs_mount_ops = {
	.type = "ramfs",
	.statfs = ramfs_statfs,
};

static long ramfs_readlink(struct inode *inode, char *buffer, size_t size)
{
	size_t length = MIN(size, (size_t)inode->size);

	memcpy(buffer, ramfs_inode(inode)->target, length);
	return (long)length;
}

static struct inode *ramfs_release(struct inode *inode)
{
	struct inode *parent = inode->parent;

	if (S_ISREG(inode->mode))
		pages_cut(&ramfs_inode(inode)->pages, 0);
	heap_free(ramfs_inode(inode));
	return parent;
}

static const struct inode_ops ramfs_ops = {.release = ramfs_release};

INODE_OP(lookup, ramfs_ops, ramfs_lookup);
INODE_OP(create, ramfs_ops, ramfs_make);
INODE_OP(link, ramfs_ops, ramfs_link);
INODE_OP(remove, ramfs_ops, ramfs_remove);
INODE_OP(rename, ramfs_ops, ramfs_rename);
INODE_OP(exchange, ramfs_ops, ramfs_exchange);
INODE_OP(entries, ramfs_ops, ramfs_entries);
INODE_OP(read, ramfs_ops, ramfs_read);
INODE_OP(write, ramfs_ops, ramfs_write);
INODE_OP(truncate, ramfs_ops, ramfs_truncate);
INODE_OP(allocate, ramfs_ops, ramfs_allocate);
INODE_OP(zero, ramfs_ops, ramfs_zero);
INODE_OP(next, ramfs_ops, ramfs_next);
INODE_OP(source, ramfs_ops, ramfs_source);
INODE_OP(readlink, ramfs_ops, ramfs_readlink);

struct inode *ramfs_new_inode(struct mount *mount, const struct inode_make *make)
{
	struct ramfs_inode *made = heap_alloc_zeroed(sizeof(*made) + make->target_length);
	struct inode *inode;

	if (!made)
		return NULL;
	inode = &made->inode;
	inode->ops = &ramfs_ops;
	inode->mount = mount;
	inode->refs = 1;
	inode->mode = make->mode;
	inode->number = ++CONTAINER_OF(mount, struct ramfs, mount)->last_number;
	inode->device = make->device;
	inode->file_ops = make->file_ops;
	mutex_init(&inode->lock);
	if (make->target_length) {
		memcpy(made->target, make->target, make->target_length);
		inode->size = make->target_length;
	}
	inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
	return inode;
}

struct mount *ramfs_create(void)
{
	const struct inode_make make = {.mode = S_IFDIR | 0755};
	struct ramfs *ramfs = heap_alloc_zeroed(sizeof(*ramfs));

	if (!ramfs)
		return NULL;
	ramfs->mount.ops = &ramfs_mount_ops;
	mutex_init(&ramfs->mount.lock);
	list_init(&ramfs->mount.node);
	ramfs->mount.root = ramfs_new_inode(&ramfs->mount, &make);
	if (!ramfs->mount.root) {
		heap_free(ramfs);
		return NULL;
	}
	ramfs->mount.root->nlink = 2;
	return &ramfs->mount;
}
