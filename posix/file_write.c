/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/file.h>
#include <fs/io.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "fd_short.h"

static long write_buffer(int fd, const void *buf, size_t len, int64_t pos)
{
	struct io io;
	int error = io_buffer(&io, (void *)(uintptr_t)buf, len);

	return error ? error : fd_transfer(fd, &io, pos, FILE_WRITE);
}

static long write_vector(int fd, const struct iovec *iov, int count, int64_t pos)
{
	struct io io;
	int error = io_vector(&io, iov, count);

	return error ? error : fd_transfer(fd, &io, pos, FILE_WRITE);
}

NOINLINE static long write_long(struct file *file, const void *buf, size_t len)
{
	struct io io;
	int error = io_buffer(&io, (void *)(uintptr_t)buf, len);

	return error ? error : fd_transfer_file(file, &io, OFFSET_CURRENT, FILE_WRITE);
}

long sys_write(int fd, const void *buf, size_t len)
{
	struct file *file = fd_get_here(fd);
	long result = FILE_OTHER_WAY;

	if (UNLIKELY(!file))
		return -EBADF;
	if (file->ops->write_short && file_is_short(file, len, FILE_WRITE))
		result = file->ops->write_short(file, buf, len);
	if (UNLIKELY(result == FILE_OTHER_WAY))
		result = write_long(file, buf, len);
	file_put_here(file);
	return result;
}

long sys_writev(int fd, const struct iovec *iov, int count)
{
	return write_vector(fd, iov, count, OFFSET_CURRENT);
}

long sys_pwrite64(int fd, const void *buf, size_t len, int64_t pos)
{
	return pos < 0 ? -EINVAL : write_buffer(fd, buf, len, pos);
}

long sys_pwritev(int fd, const struct iovec *iov, int count, int64_t pos, long unused)
{
	(void)unused;
	return pos < 0 ? -EINVAL : write_vector(fd, iov, count, pos);
}
