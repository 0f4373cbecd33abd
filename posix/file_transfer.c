/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <base/guard.h>
#include <fs/file.h>
#include <posix/fd.h>

long fd_transfer(int fd, struct io *io, int64_t offset, unsigned right)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	long (*move)(struct file *, struct io *, int64_t);

	if (!file || !(file->rights & right))
		return -EBADF;
	if (offset != OFFSET_CURRENT && !file->ops->seek)
		return -ESPIPE;
	move = right == FILE_READ ? file->ops->read : file->ops->write;
	return move ? move(file, io, offset) : -EINVAL;
}
