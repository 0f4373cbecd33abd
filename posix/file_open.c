/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>

#include <fs/file.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "memory_file.h"
#include "path_arg.h"

long sys_openat(int dirfd, const char *path, int flags, unsigned int mode)
{
	struct path_arg arg CLEANUP(path_arg_end);
	struct file *file;
	int fd, error = path_arg_begin(&arg, dirfd, path);

	mmap_file_link();
	if (!error)
		error = path_open(arg.start, arg.text, (unsigned)flags, umask_apply(mode & 07777),
				  &file);
	if (error)
		return error;
	fd = fd_add(file, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}
