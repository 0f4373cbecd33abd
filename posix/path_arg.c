/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* AT_EMPTY_PATH */
#include "path_arg.h"

#include <errno.h>
#include <fcntl.h>

#include <fs/devfs.h>
#include <fs/file.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

static int start_at(struct path_arg *arg, int dirfd)
{
	struct file *file CLEANUP(fd_drop) = NULL;

	if (dirfd == AT_FDCWD || arg->text[0] == '/')
		return 0;
	file = fd_get(dirfd);
	if (!file)
		return -EBADF;
	if (!file->inode)
		return -ENOTDIR;
	arg->start = inode_get(file->inode);
	return 0;
}

int path_arg_begin(struct path_arg *arg, int dirfd, const char *user)
{
	long length;

	__atomic_store_n(&devfs_descriptor, fd_get, __ATOMIC_RELAXED);
	arg->start = NULL;
	arg->text = arg->small;
	length = user_copy_string(arg->small, user, sizeof(arg->small));
	if (length == -ENAMETOOLONG) {
		arg->text = heap_alloc(PATH_BYTES_MAX);
		if (!arg->text)
			return -ENOMEM;
		length = user_copy_string(arg->text, user, PATH_BYTES_MAX);
	}
	return length < 0 ? (int)length : start_at(arg, dirfd);
}

void path_arg_end(struct path_arg *arg)
{
	inode_put(arg->start);
	if (arg->text != arg->small)
		heap_free(arg->text);
}

int path_arg_lookup(int dirfd, const char *user, unsigned flags, struct inode **inode)
{
	struct path_arg arg CLEANUP(path_arg_end);
	int error = path_arg_begin(&arg, dirfd, user);

	if (error)
		return error;
	if (!*arg.text && (flags & AT_EMPTY_PATH)) {
		*inode = arg.start ? inode_get(arg.start) : fs_cwd();
		return 0;
	}
	return path_lookup(arg.start, arg.text, flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
			   inode);
}

static uint32_t mask = 022;

uint32_t umask_apply(uint32_t mode)
{
	return mode & ~__atomic_load_n(&mask, __ATOMIC_RELAXED);
}

long sys_umask(unsigned int bits)
{
	return __atomic_exchange_n(&mask, bits & 0777, __ATOMIC_RELAXED);
}
