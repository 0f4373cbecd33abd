/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites about descriptors, run as those of ../posix are. */
#include "suite.h"

extern const struct suite pipe_suite, poll_suite, limit_suite, event_suite, epoll_suite,
	socket_suite, local_suite, timer_suite, queue_suite, fifo_suite;

#define SUITES                                                                                     \
	&pipe_suite, &poll_suite, &limit_suite, &event_suite, &epoll_suite, &socket_suite,         \
		&local_suite, &timer_suite, &queue_suite, &fifo_suite
#include "../posix/main.c"
