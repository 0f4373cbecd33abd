/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites of signals, cancellation and killing, run as those of ../posix are. */
#include "../posix/suite.h"

extern const struct suite handler_suite, queue_suite, fault_suite, restart_suite, cancel_suite,
	storm_suite, kill_suite;

#define SUITES                                                                                     \
	&handler_suite, &queue_suite, &fault_suite, &restart_suite, &cancel_suite, &storm_suite,   \
		&kill_suite
#include "../posix/main.c"
