/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/ramfs.h>

#include <errno.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <base/str.h>

#include "ramfs.h"

int ramfs_folder(struct inode *root, const char *name, uint32_t mode, struct inode **dir)
{
	const struct inode_make make = {.mode = S_IFDIR | mode};
	size_t length = str_length(name);
	int error;

	GUARD(mutex, &root->mount->lock);
	error = ramfs_lookup(root, name, length, dir);
	return error == -ENOENT ? ramfs_make(root, name, length, &make, dir) : error;
}
