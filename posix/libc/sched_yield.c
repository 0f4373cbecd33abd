/* SPDX-License-Identifier: BSD-2-Clause */
/* The call cannot fail: its result needs no look. */
#include <sched.h>

__attribute__((__visibility__("hidden"))) long uk_sys_sched_yield(void);

int sched_yield(void)
{
	return (int)uk_sys_sched_yield();
}
