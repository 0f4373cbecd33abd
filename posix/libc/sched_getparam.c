/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "sched_target.h"

int sched_getparam(pid_t pid, struct sched_param *param)
{
	return syscall(SYS_sched_getparam, sched_target(pid), param);
}
