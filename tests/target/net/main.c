/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites of the network's sockets, run as those of ../posix are; within the machine. */
#include "suite.h"

extern const struct suite stream_suite, stream_life_suite, datagram_suite, echo_suite, option_suite,
	name_suite, bad_socket_suite, interface_suite, raw_suite, bad_state_suite;

#define SUITES                                                                                     \
	&stream_suite, &stream_life_suite, &datagram_suite, &echo_suite, &option_suite,            \
		&name_suite, &bad_socket_suite, &interface_suite, &raw_suite, &bad_state_suite
#include "../posix/main.c"
