/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>

#include <fs/pipe.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "broken_pipe.h"

long sys_pipe2(int *fds, int flags)
{
	struct file *ends[2];
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	broken_pipe_link();
	error = pipe_create(ends, (unsigned)flags);
	return error ? error : fd_add_pair(ends, fds, flags & O_CLOEXEC);
}
