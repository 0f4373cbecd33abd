/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/epoll.h>

#include <base/guard.h>
#include <fs/console_file.h>
#include <fs/epoll.h>
#include <fs/file.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "poll.h"
#include "program.h"

long sys_epoll_create1(int flags)
{
	struct file *file;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	file = epoll_create_file();
	return file ? fd_add_new(file, flags & EPOLL_CLOEXEC) : -ENOMEM;
}

long sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *user)
{
	struct file *set CLEANUP(fd_drop) = NULL, *file CLEANUP(fd_drop) = NULL;
	struct epoll_event event = {0};

	if (operation != EPOLL_CTL_DEL && user_copy_in(&event, user, sizeof(event)))
		return -EFAULT;
	set = fd_get(epoll);
	file = fd_get(fd);
	if (!set || !file)
		return -EBADF;
	if (!epoll_is(set) || file == set)
		return -EINVAL;
	tty_link(); /* as read(): it may be the console */
	switch (operation) {
	case EPOLL_CTL_ADD:
		return epoll_add(set, file, fd, event.events, event.data.u64);
	case EPOLL_CTL_MOD:
		return epoll_change(set, file, fd, event.events, event.data.u64);
	case EPOLL_CTL_DEL:
		return epoll_remove(set, file, fd);
	default:
		return -EINVAL;
	}
}

static uint64_t deadline_of(int timeout_ms)
{
	if (timeout_ms <= 0)
		return timeout_ms ? DEADLINE_NEVER : 0;
	return clock_monotonic_ns() + (uint64_t)timeout_ms * NS_PER_MS;
}

long sys_epoll_pwait(int epoll, struct epoll_event *events, int count, int timeout_ms,
		     const uint64_t *mask, size_t mask_size)
{
	struct file *set CLEANUP(fd_drop) = NULL;
	struct poll_mask saved;
	int error;

	if (count <= 0 || count > INT32_MAX / (int)sizeof(*events))
		return -EINVAL;
	if (!user_range_ok(events, (size_t)count * sizeof(*events)))
		return -EFAULT;
	set = fd_get(epoll);
	if (!set)
		return -EBADF;
	if (!epoll_is(set))
		return -EINVAL;
	error = poll_mask_begin(&saved, mask, mask_size);
	if (error)
		return error;
	return poll_mask_end(&saved,
			     epoll_wait_events(set, events, count, deadline_of(timeout_ms)));
}
