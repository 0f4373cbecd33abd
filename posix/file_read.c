/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/console_file.h>
#include <fs/file.h>
#include <fs/io.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "fd_short.h"

/* Only programs that can come here read the console: its input side is linked with them alone. */
static long read_io(int fd, struct io *io, int64_t pos)
{
	tty_link();
	return fd_transfer(fd, io, pos, FILE_READ);
}

static long read_buffer(int fd, void *buf, size_t len, int64_t pos)
{
	struct io io;
	int error = io_buffer(&io, buf, len);

	return error ? error : read_io(fd, &io, pos);
}

static long read_vector(int fd, const struct iovec *iov, int count, int64_t pos)
{
	struct io io;
	int error = io_vector(&io, iov, count);

	return error ? error : read_io(fd, &io, pos);
}

NOINLINE static long read_long(struct file *file, void *buf, size_t len)
{
	struct io io;
	int error = io_buffer(&io, buf, len);

	tty_link();
	return error ? error : fd_transfer_file(file, &io, OFFSET_CURRENT, FILE_READ);
}

long sys_read(int fd, void *buf, size_t len)
{
	struct file *file = fd_get_here(fd);
	long result = FILE_OTHER_WAY;

	if (UNLIKELY(!file))
		return -EBADF;
	if (file->ops->read_short && file_is_short(file, len, FILE_READ))
		result = file->ops->read_short(file, buf, len);
	if (UNLIKELY(result == FILE_OTHER_WAY))
		result = read_long(file, buf, len);
	file_put_here(file);
	return result;
}

long sys_readv(int fd, const struct iovec *iov, int count)
{
	return read_vector(fd, iov, count, OFFSET_CURRENT);
}

long sys_pread64(int fd, void *buf, size_t len, int64_t pos)
{
	return pos < 0 ? -EINVAL : read_buffer(fd, buf, len, pos);
}

long sys_preadv(int fd, const struct iovec *iov, int count, int64_t pos, long unused)
{
	(void)unused;
	return pos < 0 ? -EINVAL : read_vector(fd, iov, count, pos);
}
