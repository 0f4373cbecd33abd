/* SPDX-License-Identifier: BSD-2-Clause */
/* Times of the program and the kernel's nanoseconds. */
#include <errno.h>
#include <time.h>

#include <kernel/clock.h>
#include <mem/user.h>

#include "program.h"

int time_copy_in(const struct timespec *user, uint64_t *ns)
{
	struct timespec time;
	int error = user_copy_in(&time, user, sizeof(time));

	if (error)
		return error;
	if (time.tv_sec < 0 || (unsigned long)time.tv_nsec >= NS_PER_S)
		return -EINVAL;
	*ns = DEADLINE_NEVER;
	if ((uint64_t)time.tv_sec < DEADLINE_NEVER / NS_PER_S)
		*ns = (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
	return 0;
}

int time_copy_out(struct timespec *user, uint64_t ns)
{
	struct timespec time = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};

	return user_copy_out(user, &time, sizeof(time));
}

uint64_t time_deadline(uint64_t ns, bool absolute, bool real)
{
	uint64_t clock = absolute && real ? clock_realtime_ns() : 0;
	uint64_t now = clock_monotonic_ns(); /* read last: a wait may be longer, but not shorter */

	if (absolute && !real)
		clock = now;
	if (ns <= clock)
		return now;
	ns -= clock;
	return ns < DEADLINE_NEVER - now ? now + ns : DEADLINE_NEVER;
}
