/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library asks for it in each thread, since Linux keeps groups there; here they are one. */
#include <grp.h>

#include "syscall.h"

int setgroups(size_t count, const gid_t *groups)
{
	return (int)syscall(SYS_setgroups, count, groups);
}
