/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of robust locks. The C library looks after its threads' own at their end; only locks shared
 * between programs would need the kernel, and there is one program.
 */
#include <errno.h>

#include <mem/user.h>
#include <posix/syscalls.h>

long sys_set_robust_list(struct robust_list_head *head, size_t len)
{
	(void)head;
	(void)len;
	return 0;
}

long sys_get_robust_list(int tid, struct robust_list_head **head, size_t *len)
{
	(void)tid;
	return user_zero(head, sizeof(*head)) || user_zero(len, sizeof(*len)) ? -EFAULT : 0;
}
