/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/file.h>
#include <fs/io.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

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

long sys_write(int fd, const void *buf, size_t len)
{
	return write_buffer(fd, buf, len, OFFSET_CURRENT);
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
