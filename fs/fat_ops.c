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

const struct inode_ops fat_inode_ops = {.release = fat_release};
const struct inode_ops fat_read_only_ops = {.release = fat_release};

INODE_OP(lookup, fat_inode_ops, fat_lookup);
INODE_OP(create, fat_inode_ops, fat_create);
INODE_OP(remove, fat_inode_ops, fat_remove);
INODE_OP(rename, fat_inode_ops, fat_rename);
INODE_OP(entries, fat_inode_ops, fat_entries);
INODE_OP(read, fat_inode_ops, fat_read);
INODE_OP(write, fat_inode_ops, fat_write);
INODE_OP(truncate, fat_inode_ops, fat_truncate);
INODE_OP(allocate, fat_inode_ops, fat_allocate);
INODE_OP(zero, fat_inode_ops, fat_zero);
INODE_OP(source, fat_inode_ops, fat_source);
INODE_OP(prepare, fat_inode_ops, fat_prepare);
INODE_OP(may_set, fat_inode_ops, fat_may_set);
INODE_OP(changed, fat_inode_ops, fat_changed);
INODE_OP(sync, fat_inode_ops, fat_sync);
INODE_OP(mark, fat_inode_ops, fat_mark);

INODE_OP(lookup, fat_read_only_ops, fat_lookup);
INODE_OP(entries, fat_read_only_ops, fat_entries);
INODE_OP(read, fat_read_only_ops, fat_read);
INODE_OP(source, fat_read_only_ops, fat_source);
INODE_OP(prepare, fat_read_only_ops, fat_prepare);
