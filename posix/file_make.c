/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of other kinds, and one without a name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fs/file.h>
#include <fs/mount.h>
#include <fs/pipe.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "broken_pipe.h"
#include "memory_file.h"
#include "path_arg.h"

#define MEMFD_NAME_MAX 249

/* Devices have their names in /dev, and there are no others. */
long sys_mknodat(int dirfd, const char *path, unsigned int mode, unsigned int device)
{
	struct path_arg arg CLEANUP(path_arg_end);
	struct inode_make make = {.mode = (mode & S_IFMT) | umask_apply(mode & 07777)};
	int error = path_arg_begin(&arg, dirfd, path);

	(void)device;
	if (error)
		return error;
	switch (mode & S_IFMT) {
	case 0:
		make.mode |= S_IFREG;
		break;
	case S_IFIFO:
		broken_pipe_link();
		make.file_ops = &fifo_ops;
		break;
	case S_IFREG:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return path_make(arg.start, arg.text, &make);
}

/* In the root's file system; the name is for nobody to see. */
long sys_memfd_create(const char *name, unsigned int flags)
{
	struct inode *root CLEANUP(inode_drop) = NULL;
	char text[MEMFD_NAME_MAX + 1];
	long length = user_copy_string(text, name, sizeof(text));
	struct file *file;
	int fd, error;

	if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING) || length == -ENAMETOOLONG)
		return -EINVAL;
	if (length < 0)
		return length;
	mmap_file_link();
	root = fs_root();
	error = inode_make_unnamed(root, O_RDWR | O_EXCL, 0777, &file);
	if (error)
		return error;
	fd = fd_add(file, 0, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}
