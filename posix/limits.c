/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resource limits: what there is is constant, so a limit can be asked for but not changed; but the
 * number of descriptors can be limited further.
 */
#include <errno.h>
#include <sys/resource.h>

#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "program.h"

static uint64_t limit_of(int resource)
{
	switch (resource) {
	case RLIMIT_STACK:
		return MAIN_STACK_SIZE;
	case RLIMIT_NOFILE:
		return fd_limit();
	case RLIMIT_CORE:
		return 0;
	default:
		return RLIM_INFINITY;
	}
}

long sys_prlimit64(int pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	uint64_t value = limit_of(resource);
	bool files = resource == RLIMIT_NOFILE;
	struct rlimit present = {value, files ? FD_MAX : value}, wanted;

	if (pid != 0 && pid != sys_getpid())
		return -ESRCH;
	if ((unsigned)resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (limit) {
		if (user_copy_in(&wanted, limit, sizeof(wanted)))
			return -EFAULT;
		if (wanted.rlim_cur > wanted.rlim_max)
			return -EINVAL;
		if (files ? wanted.rlim_max > FD_MAX : wanted.rlim_cur != value)
			return -EPERM;
	}
	if (old && user_copy_out(old, &present, sizeof(present)))
		return -EFAULT;
	if (limit && files)
		fd_set_limit((unsigned)wanted.rlim_cur);
	return 0;
}

long sys_getrlimit(int resource, struct rlimit *limit)
{
	return limit ? sys_prlimit64(0, resource, NULL, limit) : -EFAULT;
}
