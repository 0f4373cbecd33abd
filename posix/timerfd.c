/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/timerfd.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/timerfd.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "program.h"

long sys_timerfd_create(int clock, int flags)
{
	struct file *file;
	bool real;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	time_clock(clock, &real);
	if (real)
		timerfds_clock_was_set = timerfd_clock_was_set;
	file = timerfd_open(real, (unsigned)flags & TFD_NONBLOCK);
	return file ? fd_add_new(file, flags & TFD_CLOEXEC) : -ENOMEM;
}

/* As a program sees it: the time that is left. */
static int give_out(struct itimerspec *user, const struct timerfd_setting *setting)
{
	uint64_t now = clock_monotonic_ns(), left = 0;

	if (setting->next_ns)
		left = setting->next_ns > now ? setting->next_ns - now : 1;
	if (time_copy_out(&user->it_interval, setting->interval_ns))
		return -EFAULT;
	return time_copy_out(&user->it_value, left);
}

long sys_timerfd_gettime(int fd, struct itimerspec *now)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	struct timerfd_setting setting;
	bool real;

	if (!file)
		return -EBADF;
	if (!timerfd_is(file, &real))
		return -EINVAL;
	timerfd_exchange(file, NULL, &setting);
	return give_out(now, &setting);
}

long sys_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct timerfd_setting setting, before;
	bool real;
	int error;

	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	error = time_copy_in(&value->it_value, &setting.next_ns);
	if (!error)
		error = time_copy_in(&value->it_interval, &setting.interval_ns);
	if (error)
		return error;
	file = fd_get(fd);
	if (!file)
		return -EBADF;
	if (!timerfd_is(file, &real))
		return -EINVAL;
	GUARD(mutex, &clock_set_lock);
	setting.date = setting.next_ns && real && flags & TFD_TIMER_ABSTIME;
	setting.cancels = setting.date && flags & TFD_TIMER_CANCEL_ON_SET;
	if (setting.next_ns)
		setting.next_ns = time_deadline(setting.next_ns, flags & TFD_TIMER_ABSTIME, real);
	timerfd_exchange(file, &setting, &before);
	return old ? give_out(old, &before) : 0;
}
