/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource limits: what there is is constant, so a limit can be asked for but not changed. */
#include <errno.h>
#include <sys/resource.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"

#define FILES_MAX 256

static uint64_t limit_of(int resource)
{
	switch (resource) {
	case RLIMIT_STACK:
		return MAIN_STACK_SIZE;
	case RLIMIT_NOFILE:
		return FILES_MAX;
	case RLIMIT_CORE:
		return 0;
	default:
		return RLIM_INFINITY;
	}
}

long sys_prlimit64(int pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	uint64_t value = limit_of(resource);
	struct rlimit present = {value, value}, wanted;

	if (pid != 0 && pid != sys_getpid())
		return -ESRCH;
	if ((unsigned)resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (limit) {
		if (user_copy_in(&wanted, limit, sizeof(wanted)))
			return -EFAULT;
		if (wanted.rlim_cur > wanted.rlim_max)
			return -EINVAL;
		if (wanted.rlim_cur != value)
			return -EPERM;
	}
	return old ? user_copy_out(old, &present, sizeof(present)) : 0;
}

long sys_getrlimit(int resource, struct rlimit *limit)
{
	return limit ? sys_prlimit64(0, resource, NULL, limit) : -EFAULT;
}
