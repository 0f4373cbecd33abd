/* SPDX-License-Identifier: BSD-2-Clause */
/* readv and writev with flags. Files in memory are as durable as they get. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/uio.h>

#include <fs/file.h>
#include <posix/syscalls.h>

#define FLAGS_KNOWN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT)

static int check(int64_t pos, int flags)
{
	if (flags & ~FLAGS_KNOWN)
		return -EOPNOTSUPP;
	return pos < -1 ? -EINVAL : 0;
}

long sys_preadv2(int fd, const struct iovec *iov, int count, int64_t pos, long unused, int flags)
{
	int error = check(pos, flags);

	if (error)
		return error;
	return pos == OFFSET_CURRENT ? sys_readv(fd, iov, count)
				     : sys_preadv(fd, iov, count, pos, unused);
}

long sys_pwritev2(int fd, const struct iovec *iov, int count, int64_t pos, long unused, int flags)
{
	int error = check(pos, flags);

	if (error)
		return error;
	return pos == OFFSET_CURRENT ? sys_writev(fd, iov, count)
				     : sys_pwritev(fd, iov, count, pos, unused);
}
