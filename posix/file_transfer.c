/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/file.h>
#include <posix/fd.h>

long fd_transfer(int fd, struct io *io, int64_t offset, unsigned right)
{
	struct file *file = fd_get(fd);
	long (*move)(struct file *, struct io *, int64_t);
	long result;

	if (!file)
		return -EBADF;
	move = right == FILE_READ ? file->ops->read : file->ops->write;
	if (!(file->rights & right))
		result = -EBADF;
	else if (offset != OFFSET_CURRENT && !file->ops->seek)
		result = -ESPIPE;
	else
		result = move ? move(file, io, offset) : -EINVAL;
	file_put(file);
	return result;
}
