/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users and groups of processes: the program, number 1, leads the only group of the only session,
 * and belongs to user and group 0, beside which there are none. setuid() and its kin stand in
 * posix/start/setxid.c.
 */
#include <errno.h>
#include <stddef.h>

#include <mem/user.h>
#include <posix/syscalls.h>

static bool is_own(int pid)
{
	return pid == 0 || pid == sys_getpid();
}

long sys_getpgid(int pid)
{
	return is_own(pid) ? sys_getpid() : -ESRCH;
}

long sys_getsid(int pid)
{
	return sys_getpgid(pid);
}

/* Who leads a session stays in its group, which is to be its own anyway. */
long sys_setpgid(int pid, int group)
{
	if (group < 0)
		return -EINVAL;
	return is_own(pid) ? -EPERM : -ESRCH;
}

/* It leads a group already. */
long sys_setsid(void)
{
	return -EPERM;
}

/* All of them are 0. */
static long zeroes(unsigned int *a, unsigned int *b, unsigned int *c)
{
	return user_zero(a, sizeof(*a)) || user_zero(b, sizeof(*b)) || user_zero(c, sizeof(*c))
		       ? -EFAULT
		       : 0;
}

long sys_getresuid(unsigned int *real, unsigned int *effective, unsigned int *saved)
{
	return zeroes(real, effective, saved);
}

long sys_getresgid(unsigned int *real, unsigned int *effective, unsigned int *saved)
{
	return zeroes(real, effective, saved);
}

/* It is in no other groups, and there are none it could be in. */
long sys_getgroups(int count, unsigned int *groups)
{
	(void)groups;
	return count < 0 ? -EINVAL : 0;
}

long sys_setgroups(size_t count, const unsigned int *groups)
{
	(void)groups;
	return count ? -EPERM : 0;
}
