/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of inodes on FAT. */
#include "fat.h"

#include <errno.h>
#include <sys/stat.h>

/* FAT keeps one bit: may it be written. */
static int fat_may_set(struct inode *inode, uint32_t mode, uint32_t uid, uint32_t gid)
{
	uint32_t permissions = mode & 07777;

	if ((uid && uid != UINT32_MAX) || (gid && gid != UINT32_MAX))
		return -EPERM;
	if (permissions != 0755 && (permissions != 0555 || S_ISDIR(inode->mode)))
		return -EPERM;
	return 0;
}

const struct inode_ops fat_inode_ops = {
	.lookup = fat_lookup,
	.create = fat_create,
	.remove = fat_remove,
	.rename = fat_rename,
	.entries = fat_entries,
	.read = fat_read,
	.write = fat_write,
	.truncate = fat_truncate,
	.allocate = fat_allocate,
	.zero = fat_zero,
	.source = fat_source,
	.prepare = fat_prepare,
	.may_set = fat_may_set,
	.changed = fat_changed,
	.sync = fat_sync,
	.mark = fat_mark,
	.release = fat_release,
};

const struct inode_ops fat_read_only_ops = {
	.lookup = fat_lookup,
	.entries = fat_entries,
	.read = fat_read,
	.source = fat_source,
	.prepare = fat_prepare,
	.release = fat_release,
};
