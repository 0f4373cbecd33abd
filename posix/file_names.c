/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, removing, moving names. */
#define _GNU_SOURCE /* AT_EMPTY_PATH, RENAME_NOREPLACE */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <base/str.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "path_arg.h"

long sys_mkdirat(int dirfd, const char *path, unsigned int mode)
{
	struct path_arg arg CLEANUP(path_arg_end);
	const struct inode_make make = {.mode = S_IFDIR | umask_apply(mode & 01777)};
	int error = path_arg_begin(&arg, dirfd, path);

	return error ? error : path_make(arg.start, arg.text, &make);
}

long sys_symlinkat(const char *target, int dirfd, const char *path)
{
	struct path_arg arg CLEANUP(path_arg_end);
	struct path_arg text CLEANUP(path_arg_end) = {0};
	struct inode_make make = {.mode = S_IFLNK | 0777};
	int error = path_arg_begin(&arg, dirfd, path);

	if (!error)
		error = path_arg_begin(&text, AT_FDCWD, target);
	if (error)
		return error;
	make.target = text.text;
	make.target_length = str_length(text.text);
	return make.target_length ? path_make(arg.start, arg.text, &make) : -ENOENT;
}

long sys_linkat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path, int flags)
{
	struct path_arg arg CLEANUP(path_arg_end);
	struct inode *inode CLEANUP(inode_drop) = NULL;
	unsigned how = (unsigned)flags & AT_EMPTY_PATH;
	int error = path_arg_begin(&arg, new_dirfd, new_path);

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_FOLLOW))
		how |= AT_SYMLINK_NOFOLLOW;
	if (!error)
		error = path_arg_lookup(old_dirfd, old_path, how, &inode);
	return error ? error : path_link(inode, arg.start, arg.text);
}

long sys_unlinkat(int dirfd, const char *path, int flags)
{
	struct path_arg arg CLEANUP(path_arg_end);
	int error = path_arg_begin(&arg, dirfd, path);

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return error ? error : path_remove(arg.start, arg.text, flags & AT_REMOVEDIR);
}

long sys_renameat2(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path,
		   unsigned int flags)
{
	struct path_arg from CLEANUP(path_arg_end);
	struct path_arg to CLEANUP(path_arg_end) = {0};
	int error = path_arg_begin(&from, old_dirfd, old_path);

	if (!error)
		error = path_arg_begin(&to, new_dirfd, new_path);
	if (!error && flags > RENAME_EXCHANGE) /* or both */
		error = -EINVAL;
	if (error)
		return error;
	return path_rename(from.start, from.text, to.start, to.text,
			   (flags & RENAME_NOREPLACE ? PATH_NOREPLACE : 0) |
				   (flags & RENAME_EXCHANGE ? PATH_EXCHANGE : 0));
}

long sys_renameat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path)
{
	return sys_renameat2(old_dirfd, old_path, new_dirfd, new_path, 0);
}

long sys_readlinkat(int dirfd, const char *path, char *buf, size_t len)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	long length = path_arg_lookup(dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &inode);
	size_t room = MIN(len, (size_t)PATH_BYTES_MAX);
	char *text;

	if (length)
		return length;
	if (!len || !inode_is_link(inode))
		return -EINVAL;
	text = heap_alloc(room);
	if (!text)
		return -ENOMEM;
	length = inode_op(inode, readlink)(inode, text, room);
	if (length > 0 && user_copy_out(buf, text, (size_t)length))
		length = -EFAULT;
	heap_free(text);
	return length;
}
