/* SPDX-License-Identifier: BSD-2-Clause */
/* Which thread is meant where POSIX speaks of a process: number 1, the program, is its main one. */
#pragma once

#include <sys/types.h>

#include "syscall.h"

#include <abi/start.h>

static inline pid_t sched_target(pid_t pid)
{
	return pid == UK_PROGRAM_ID ? UK_MAIN_THREAD_ID : pid;
}
