/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "sched_target.h"

int sched_rr_get_interval(pid_t pid, struct timespec *interval)
{
	return syscall(SYS_sched_rr_get_interval, sched_target(pid), interval);
}
