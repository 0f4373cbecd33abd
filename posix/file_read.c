/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/console_file.h>
#include <fs/file.h>
#include <fs/io.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

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

long sys_read(int fd, void *buf, size_t len)
{
	return read_buffer(fd, buf, len, OFFSET_CURRENT);
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
