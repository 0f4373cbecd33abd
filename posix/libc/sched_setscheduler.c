/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library says ENOSYS: its sched_*() are of processes, on Linux they are of threads. */
#include <sched.h>

#include "sched_target.h"

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	return syscall(SYS_sched_setscheduler, sched_target(pid), policy, param);
}
