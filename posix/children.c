/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for children, of which there are none. */
#include <errno.h>
#include <sys/wait.h>

#include <posix/syscalls.h>

long sys_wait4(int pid, int *status, int options, struct rusage *usage)
{
	(void)pid, (void)status, (void)usage;
	return options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | (int)__WCLONE)
		       ? -EINVAL
		       : -ECHILD;
}

long sys_waitid(int type, int id, void *info, int options, struct rusage *usage)
{
	const int events = WEXITED | WSTOPPED | WCONTINUED;

	(void)info, (void)usage;
	if (!(options & events) || options & ~(events | WNOHANG | WNOWAIT | __WNOTHREAD | __WALL))
		return -EINVAL;
	if (type != P_ALL && type != P_PID && type != P_PGID)
		return -EINVAL;
	return type == P_PID && id <= 0 ? -EINVAL : -ECHILD;
}
