/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* FALLOC_FL_… */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#ifndef FALLOC_FL_ZERO_RANGE
#define FALLOC_FL_ZERO_RANGE 0x10
#endif

/* What of a file can be allocated: 0 or the error that POSIX names for the others. */
static int check_kind(const struct file *file)
{
	uint32_t mode = file->inode ? file->inode->mode : file->ops->mode;

	if (file->ops->allocate)
		return 0;
	return S_ISFIFO(mode) ? -ESPIPE : -ENODEV;
}

/* FILE_… bits for a mode, or 0. */
static unsigned how_of(int mode)
{
	unsigned keep = mode & FALLOC_FL_KEEP_SIZE ? FILE_KEEP_SIZE : 0;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
		return FILE_RESERVE | keep;
	case FALLOC_FL_PUNCH_HOLE:
		return keep ? FILE_ZERO | keep : 0;
	case FALLOC_FL_ZERO_RANGE:
		return FILE_ZERO | FILE_RESERVE | keep;
	}
	return 0;
}

long sys_fallocate(int fd, int mode, int64_t pos, int64_t len)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	unsigned how = how_of(mode);
	int64_t end;
	int error;

	if (!file)
		return -EBADF;
	if (pos < 0 || len <= 0)
		return -EINVAL;
	if (!how)
		return -EOPNOTSUPP;
	if (!(file->rights & FILE_WRITE))
		return -EBADF;
	error = check_kind(file);
	if (error)
		return error;
	if (__builtin_add_overflow(pos, len, &end))
		return -EFBIG;
	return file->ops->allocate(file, (uint64_t)pos, (uint64_t)len, how);
}
