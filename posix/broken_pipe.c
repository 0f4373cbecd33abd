/* SPDX-License-Identifier: BSD-2-Clause */
#include "broken_pipe.h"

#include <signal.h>

#include <fs/pipe.h>
#include <kernel/thread.h>
#include <posix/syscalls.h>

static void raise_broken_pipe(void)
{
	sys_tkill(thread_current()->id, SIGPIPE);
}

void broken_pipe_link(void)
{
	__atomic_store_n(&pipe_signal, raise_broken_pipe, __ATOMIC_RELAXED);
}
