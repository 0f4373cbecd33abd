/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/file.h>

#include <string.h>
#include <sys/stat.h>

#include <arch/layout.h>
#include <fs/inode.h>

void file_stat(struct file *file, struct stat *stat)
{
	if (file->inode) {
		inode_stat(file->inode, stat);
		return;
	}
	memset(stat, 0, sizeof(*stat));
	stat->st_mode = file->ops->mode;
	stat->st_nlink = 1;
	stat->st_blksize = PAGE_SIZE;
}
