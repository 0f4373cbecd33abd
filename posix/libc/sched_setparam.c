/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "sched_target.h"

int sched_setparam(pid_t pid, const struct sched_param *param)
{
	return syscall(SYS_sched_setparam, sched_target(pid), param);
}
