/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A timer that sends a signal, under timer_create() and setitimer(). Times are of its clock: the
 * monotonic one, or the processor time of a thread or of all. What uses processor time does not
 * tell anybody, so such a clock is looked at when it could be time at the earliest, but not more
 * often than each millisecond. Thread context; the caller lets only one thread at a time use one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <kernel/spinlock.h>
#include <kernel/timer.h>
#include <posix/signal.h>

struct alarm {
	struct timer timer;
	struct spinlock lock;	 /* guards, against the timer's callback: */
	uint64_t next_ns;	 /* 0: off */
	uint64_t interval_ns;	 /* 0: once */
	uint64_t missed;	 /* expirations for which there was no room in the queue */
	struct signal_info info; /* what is sent; number 0: nothing */
	int32_t thread;		 /* to whom; 0: the process */

	/* Set before it is used. NULL: monotonic; else program_time(), of thread or process (0). */
	int (*clock)(int32_t id, uint64_t *ns);
	int32_t clock_of;
	uint64_t seen_ns; /* what that clock showed at the last look */
};

/* Its clock's time; false: the clock was a thread's that has ended. */
bool alarm_now(struct alarm *alarm, uint64_t *now_ns);

/* What its clock shows after so long; DEADLINE_NEVER: beyond what it counts. */
uint64_t alarm_after(struct alarm *alarm, uint64_t ns);

/* How long until it goes off, 0: it is off, and `interval_ns`. */
void alarm_get(struct alarm *alarm, uint64_t *left_ns, uint64_t *interval_ns);

/* Off, and on again unless next_ns is 0. */
void alarm_set(struct alarm *alarm, uint64_t next_ns, uint64_t interval_ns);
