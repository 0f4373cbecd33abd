/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/eventfd.h>

#include <fs/eventfd.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

long sys_eventfd2(unsigned int count, int flags)
{
	struct file *file;

	if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	file = eventfd_create(count, flags & EFD_SEMAPHORE, flags & EFD_NONBLOCK);
	return file ? fd_add_new(file, flags & EFD_CLOEXEC) : -ENOMEM;
}
