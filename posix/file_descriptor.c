/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on a descriptor that mean the descriptor, not what is in the file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>

#include <base/guard.h>
#include <fs/file.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "record_lock.h"

long sys_close(int fd)
{
	struct file *file = fd_remove(fd);

	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

long sys_lseek(int fd, int64_t pos, int whence)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	return file->ops->seek ? file->ops->seek(file, pos, whence) : -ESPIPE;
}

long sys_ioctl(int fd, unsigned int request, unsigned long arg)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	return file->ops->ioctl ? file->ops->ioctl(file, request, (void *)arg) : -ENOTTY;
}

static long duplicate(int fd, int lowest, bool close_on_exec)
{
	struct file *file = fd_get(fd);
	int result;

	if (!file)
		return -EBADF;
	result = fd_add(file, lowest, close_on_exec);
	if (result < 0)
		file_put(file);
	return result;
}

long sys_dup(int fd)
{
	return duplicate(fd, 0, false);
}

long sys_dup3(int fd, int new_fd, int flags)
{
	struct file *file;
	int error;

	if (fd == new_fd || (flags & ~O_CLOEXEC))
		return -EINVAL;
	file = fd_get(fd);
	if (!file)
		return -EBADF;
	error = fd_replace(new_fd, file, flags & O_CLOEXEC);
	if (!error)
		return new_fd;
	file_put(file);
	return error;
}

static long set_flags(struct file *file, unsigned flags)
{
	const unsigned may_change = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;

	__atomic_store_n(&file->flags, (file->flags & ~may_change) | (flags & may_change),
			 __ATOMIC_RELAXED);
	return 0;
}

long sys_fcntl(int fd, int command, unsigned long arg)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return arg < fd_limit() ? duplicate(fd, (int)arg, command == F_DUPFD_CLOEXEC)
					: -EINVAL;
	case F_GETFD:
		return fd_close_on_exec(fd);
	case F_SETFD:
		return fd_set_close_on_exec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return (long)file->flags;
	case F_SETFL:
		return set_flags(file, (unsigned)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return record_lock(file, command, (void *)arg);
	default:
		return file->ops->control ? file->ops->control(file, command, arg) : -EINVAL;
	}
}

long sys_flock(int fd, int operation)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	return file ? file_flock(file, operation) : -EBADF;
}
