/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clone(), instead of the C library's file of this name: there is one process, and threads are
 * started by posix/libc/pthread_create.c.
 */
#include <errno.h>

#include "start.h"

START_HIDDEN int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	(void)fn;
	(void)stack;
	(void)flags;
	(void)arg;
	return -ENOSYS;
}
