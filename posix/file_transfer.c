/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/file.h>
#include <posix/fd.h>

long fd_transfer_file(struct file *file, struct io *io, int64_t offset, unsigned right)
{
	long (*move)(struct file *, struct io *, int64_t);

	move = right == FILE_READ ? file->ops->read : file->ops->write;
	if (!(file->rights & right))
		return -EBADF;
	if (offset != OFFSET_CURRENT && !file->ops->seek)
		return -ESPIPE;
	return move ? move(file, io, offset) : -EINVAL;
}

long fd_transfer(int fd, struct io *io, int64_t offset, unsigned right)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = fd_transfer_file(file, io, offset, right);
	file_put(file);
	return result;
}
