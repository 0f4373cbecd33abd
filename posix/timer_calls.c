/* SPDX-License-Identifier: BSD-2-Clause */
/* timer_create() and its like. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include <base/bits.h>
#include <base/guard.h>
#include <kernel/clock.h>
#include <kernel/mutex.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "alarm.h"
#include "program.h"
#include "signals.h"
#include "user_sigevent.h"

#define TIMERS_MAX 64

struct posix_timer {
	struct alarm alarm;
	bool real; /* its clock shows the time of day */
	bool date; /* it is set to a time of that clock */
};

static struct mutex timers_lock = MUTEX_INIT(timers_lock); /* guards: */
static struct posix_timer *timers[TIMERS_MAX];

static int32_t overruns[TIMERS_MAX]; /* of the signal taken last; atomic */

static void signal_taken(int32_t id, int32_t overrun)
{
	if ((uint32_t)id < TIMERS_MAX)
		__atomic_store_n(&overruns[id], overrun, __ATOMIC_RELAXED);
}

static struct posix_timer *timer_at(int id)
{
	return (unsigned)id < TIMERS_MAX ? timers[id] : NULL;
}

static int event_in(const struct user_sigevent *user, int id, struct alarm *alarm)
{
	struct user_sigevent event = {
		.value.sival_int = id, .signal = SIGALRM, .notify = SIGEV_SIGNAL};
	uint64_t ns;

	if (user && user_copy_in(&event, user, sizeof(event)))
		return -EFAULT;
	if (event.notify == SIGEV_NONE)
		return 0;
	if (event.notify != SIGEV_SIGNAL && event.notify != SIGEV_THREAD_ID)
		return -EINVAL;
	if (event.signal < 1 || event.signal > SIGNAL_COUNT)
		return -EINVAL;
	if (event.notify == SIGEV_THREAD_ID) {
		if (event.thread <= 0 || program_time(event.thread, &ns))
			return -EINVAL;
		alarm->thread = event.thread;
	}
	alarm->info = (struct signal_info){.number = event.signal,
					   .code = SI_TIMER,
					   .sender = id,
					   .value = (uintptr_t)event.value.sival_ptr};
	return 0;
}

/* What is set to a time of day goes off when the clock shows it. */
static void clock_was_set(int64_t forward_ns)
{
	uint64_t now = clock_monotonic_ns();

	GUARD(mutex, &timers_lock);
	for (int id = 0; id < TIMERS_MAX; id++) {
		struct alarm *alarm = timers[id] ? &timers[id]->alarm : NULL;
		uint64_t left, interval;

		if (!alarm || !timers[id]->date)
			continue;
		alarm_get(alarm, &left, &interval);
		if (!left || left == DEADLINE_NEVER - now)
			continue;
		if (forward_ns >= 0)
			left = left > (uint64_t)forward_ns ? left - (uint64_t)forward_ns : 0;
		else
			left += (uint64_t)-forward_ns;
		alarm_set(alarm, MAX(now + left, UINT64_C(1)), interval);
	}
}

long sys_timer_create(int clock, const struct user_sigevent *event, int *user_id)
{
	struct posix_timer *timer;
	int id, error;
	bool real = false, runs = time_clock(clock, &real);
	uint64_t ns;

	if (clock_read(clock, &ns))
		return -EINVAL;
	GUARD(mutex, &timers_lock);
	for (id = 0; id < TIMERS_MAX && timers[id]; id++)
		;
	if (id == TIMERS_MAX)
		return -EAGAIN;
	timer = heap_alloc_zeroed(sizeof(*timer));
	if (!timer)
		return -EAGAIN;
	signal_queue_grow();
	timer->real = real;
	if (!runs) {
		timer->alarm.clock = program_time;
		timer->alarm.clock_of = clock_thread(clock);
	}
	error = event_in(event, id, &timer->alarm);
	if (!error)
		error = user_copy_out(user_id, &id, sizeof(id));
	if (error) {
		heap_free(timer);
		return error;
	}
	signal_timer_taken = signal_taken;
	timers_clock_was_set = clock_was_set;
	signal_taken(id, 0);
	timers[id] = timer;
	return 0;
}

static int setting_out(struct itimerspec *user, uint64_t left_ns, uint64_t interval_ns)
{
	if (time_copy_out(&user->it_interval, interval_ns))
		return -EFAULT;
	return time_copy_out(&user->it_value, left_ns);
}

/* A time of the timer's clock, not 0. */
static uint64_t deadline_of(struct posix_timer *timer, uint64_t ns, bool absolute)
{
	if (!timer->alarm.clock)
		return time_deadline(ns, absolute, timer->real);
	return absolute ? ns : alarm_after(&timer->alarm, ns);
}

long sys_timer_settime(int id, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	struct posix_timer *timer;
	uint64_t next, interval, old_left, old_interval;
	int error = time_copy_in(&value->it_value, &next);

	if (!error)
		error = time_copy_in(&value->it_interval, &interval);
	if (error)
		return error;
	GUARD(mutex, &clock_set_lock);
	GUARD(mutex, &timers_lock);
	timer = timer_at(id);
	if (!timer)
		return -EINVAL;
	alarm_get(&timer->alarm, &old_left, &old_interval);
	if (next)
		next = deadline_of(timer, next, flags & TIMER_ABSTIME);
	timer->date = timer->real && flags & TIMER_ABSTIME;
	alarm_set(&timer->alarm, next, interval);
	return old ? setting_out(old, old_left, old_interval) : 0;
}

long sys_timer_gettime(int id, struct itimerspec *value)
{
	struct posix_timer *timer;
	uint64_t left, interval;

	GUARD(mutex, &timers_lock);
	timer = timer_at(id);
	if (!timer)
		return -EINVAL;
	alarm_get(&timer->alarm, &left, &interval);
	return setting_out(value, left, interval);
}

long sys_timer_getoverrun(int id)
{
	GUARD(mutex, &timers_lock);
	return timer_at(id) ? __atomic_load_n(&overruns[id], __ATOMIC_RELAXED) : -EINVAL;
}

long sys_timer_delete(int id)
{
	struct posix_timer *timer;

	GUARD(mutex, &timers_lock);
	timer = timer_at(id);
	if (!timer)
		return -EINVAL;
	alarm_set(&timer->alarm, 0, 0);
	timers[id] = NULL;
	heap_free(timer);
	return 0;
}
