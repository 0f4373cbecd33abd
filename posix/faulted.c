/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fault does to the program. In the main thread it is the program's end. How another thread
 * ends is code that only programs with threads link: who creates the first one says where it is.
 */
#include <posix/process.h>

#include "program.h"

static void (*thread_faulted)(struct trap_frame *frame);

void program_on_thread_fault(void (*ending)(struct trap_frame *frame))
{
	__atomic_store_n(&thread_faulted, ending, __ATOMIC_RELAXED);
}

void process_thread_faulted(struct trap_frame *frame, int signal)
{
	if (thread_current()->id == THREAD_ID_FIRST || !thread_faulted)
		process_exit(128 + signal);
	thread_faulted(frame);
}
