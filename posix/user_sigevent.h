/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <signal.h>

/* struct sigevent as the C library hands it over. */
struct user_sigevent {
	union sigval value;
	int signal; /* of a message queue's SIGEV_THREAD: a socket */
	int notify;
	int thread;
};
