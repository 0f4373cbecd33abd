/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resource limits. All are kept; those on descriptors and on the size of the address space act.
 * Whoever raises a hard limit needs a right that the one user has.
 */
#include <errno.h>
#include <sys/resource.h>

#include <base/guard.h>
#include <kernel/mutex.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "memory_file.h"
#include "program.h"

static struct mutex limits_lock = MUTEX_INIT(limits_lock); /* guards: */
static struct rlimit kept[RLIM_NLIMITS];
static uint16_t changed; /* bit per resource whose limit is in `kept` */

static size_t address_space; /* RLIMIT_AS; atomic */

static struct rlimit limit_at_first(int resource)
{
	switch (resource) {
	case RLIMIT_STACK:
		return (struct rlimit){MAIN_STACK_SIZE, RLIM_INFINITY};
	case RLIMIT_CORE:
		return (struct rlimit){0, RLIM_INFINITY};
	case RLIMIT_NICE:
	case RLIMIT_RTPRIO:
		return (struct rlimit){0, 0};
	default:
		return (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	}
}

static struct rlimit limit_of(int resource)
{
	if (changed & 1u << resource)
		return kept[resource];
	if (resource == RLIMIT_NOFILE)
		return (struct rlimit){fd_limit(), FD_MAX};
	return limit_at_first(resource);
}

static bool no_room(size_t size)
{
	struct vm_stats stats;
	size_t most = __atomic_load_n(&address_space, __ATOMIC_RELAXED);

	vm_stats(&stats);
	return size > most || stats.reserved_bytes > most - size;
}

static void limit_act(int resource, uint64_t value)
{
	if (resource == RLIMIT_NOFILE)
		fd_set_limit((unsigned)value);
	if (resource == RLIMIT_AS) {
		__atomic_store_n(&address_space, value, __ATOMIC_RELAXED);
		__atomic_store_n(&posix_memory_refuses, value == RLIM_INFINITY ? NULL : no_room,
				 __ATOMIC_RELEASE);
	}
}

long sys_prlimit64(int pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	struct rlimit present, wanted;

	if (pid != 0 && pid != sys_getpid())
		return -ESRCH;
	if ((unsigned)resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (limit) {
		if (user_copy_in(&wanted, limit, sizeof(wanted)))
			return -EFAULT;
		if (wanted.rlim_cur > wanted.rlim_max)
			return -EINVAL;
		if (resource == RLIMIT_NOFILE && wanted.rlim_max > FD_MAX)
			return -EPERM;
	}
	GUARD(mutex, &limits_lock);
	present = limit_of(resource);
	if (old && user_copy_out(old, &present, sizeof(present)))
		return -EFAULT;
	if (limit) {
		kept[resource] = wanted;
		changed |= 1u << resource;
		limit_act(resource, wanted.rlim_cur);
	}
	return 0;
}

long sys_getrlimit(int resource, struct rlimit *limit)
{
	return limit ? sys_prlimit64(0, resource, NULL, limit) : -EFAULT;
}
