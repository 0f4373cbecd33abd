/* SPDX-License-Identifier: BSD-2-Clause */
/* One program, number 1, without a parent; one user, number 0. */
#include <posix/syscalls.h>

long sys_getpid(void)
{
	return 1;
}

long sys_getppid(void)
{
	return 0;
}

long sys_getuid(void)
{
	return 0;
}

long sys_geteuid(void)
{
	return 0;
}

long sys_getgid(void)
{
	return 0;
}

long sys_getegid(void)
{
	return 0;
}
