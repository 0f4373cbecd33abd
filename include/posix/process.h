/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: its start, its descriptors, its end. */
#pragma once

#include <stdint.h>

/* Boot table row (upcall): the main thread, its stack, arguments and environment. */
void process_start(void);

/* End the program: status & 0xff reaches the runner. Thread. */
_Noreturn void process_exit(int status);

/*
 * Upcall of fault/: the calling thread faulted in application mode and the report is printed; end
 * it (or the program when it is the main thread) with 128 + signal.
 */
struct trap_frame;
void process_thread_faulted(struct trap_frame *frame, int signal);
