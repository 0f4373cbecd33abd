/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no signal is EINVAL: the C library would wait for ever. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

int sigpause(int number)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	if (sigdelset(&mask, number))
		return -1;
	return sigsuspend(&mask);
}
