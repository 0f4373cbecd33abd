/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files from which the C library learns names, where the image brings none of its own:
 * /etc/hosts knows this machine, /etc/resolv.conf the name server of the emulator's network.
 */
#include <errno.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <base/str.h>
#include <fs/inode.h>
#include <fs/ramfs.h>
#include <fs/root_hook.h>

static const char hosts[] = "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.2\tunishyper\n";
static const char resolv[] = "nameserver 10.0.0.3\n";

/* 0 also where the name is there already. */
static int make(struct inode *dir, const char *name, uint32_t mode, struct inode **made)
{
	const struct inode_make what = {.mode = mode};
	size_t length = str_length(name);
	int error = inode_op(dir, lookup)(dir, name, length, made);

	return error == -ENOENT ? inode_op(dir, create)(dir, name, length, &what, made) : error;
}

static int make_file(struct inode *dir, const char *name, const char *text, size_t size)
{
	struct inode *file;
	int error = make(dir, name, S_IFREG | 0644, &file);

	if (error)
		return error;
	if (S_ISREG(file->mode) && !file->size)
		ramfs_borrow(file, text, size);
	inode_put(file);
	return 0;
}

static int make_names(struct inode *root)
{
	struct inode *etc;
	int error = make(root, "etc", S_IFDIR | 0755, &etc);

	if (error)
		return error;
	if (S_ISDIR(etc->mode)) {
		error = make_file(etc, "hosts", hosts, sizeof(hosts) - 1);
		if (!error)
			error = make_file(etc, "resolv.conf", resolv, sizeof(resolv) - 1);
	}
	inode_put(etc);
	return error;
}

ROOT_HOOK(NET, names) = {make_names};
