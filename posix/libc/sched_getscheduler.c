/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "sched_target.h"

int sched_getscheduler(pid_t pid)
{
	return syscall(SYS_sched_getscheduler, sched_target(pid));
}
