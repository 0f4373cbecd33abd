/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setitimer(), and alarm() by it. There is no line between user and system, so both timers of
 * processor time go by the same clock.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>

#include <base/guard.h>
#include <kernel/clock.h>
#include <kernel/mutex.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "alarm.h"
#include "program.h"

static struct mutex lock = MUTEX_INIT(lock); /* guards: */
static struct alarm alarms[] = {
	[ITIMER_REAL] = {.info = {.number = SIGALRM, .code = SI_KERNEL}},
	[ITIMER_VIRTUAL] = {.info = {.number = SIGVTALRM, .code = SI_KERNEL},
			    .clock = program_time},
	[ITIMER_PROF] = {.info = {.number = SIGPROF, .code = SI_KERNEL}, .clock = program_time},
};

static int time_in(const struct timeval *time, uint64_t *ns)
{
	if (time->tv_sec < 0 || (unsigned long)time->tv_usec >= 1000000)
		return -EINVAL;
	*ns = DEADLINE_NEVER;
	if ((uint64_t)time->tv_sec < DEADLINE_NEVER / NS_PER_S)
		*ns = (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_usec * NS_PER_US;
	return 0;
}

/* Rounded up: what is on is never shown as off. */
static struct timeval time_of(uint64_t ns)
{
	uint64_t us = (ns + NS_PER_US - 1) / NS_PER_US;

	return (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
}

/* The lock is held. */
static struct itimerval present(struct alarm *alarm)
{
	uint64_t left, interval;

	alarm_get(alarm, &left, &interval);
	return (struct itimerval){.it_value = time_of(left), .it_interval = time_of(interval)};
}

long sys_setitimer(int which, const struct itimerval *user, struct itimerval *user_old)
{
	struct itimerval value = {0}, old;
	uint64_t next, interval;
	struct alarm *alarm;

	if ((unsigned)which > ITIMER_PROF)
		return -EINVAL;
	if (user && user_copy_in(&value, user, sizeof(value)))
		return -EFAULT;
	if (time_in(&value.it_value, &next) || time_in(&value.it_interval, &interval))
		return -EINVAL;
	alarm = &alarms[which];
	mutex_lock(&lock);
	old = present(alarm);
	alarm_set(alarm, next ? alarm_after(alarm, next) : 0, interval);
	mutex_unlock(&lock);
	return user_old ? user_copy_out(user_old, &old, sizeof(old)) : 0;
}

long sys_getitimer(int which, struct itimerval *user)
{
	struct itimerval value;

	if ((unsigned)which > ITIMER_PROF)
		return -EINVAL;
	mutex_lock(&lock);
	value = present(&alarms[which]);
	mutex_unlock(&lock);
	return user_copy_out(user, &value, sizeof(value));
}
