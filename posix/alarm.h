/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A timer that sends a signal, under timer_create() and setitimer(). Times are of the monotonic
 * clock. Thread context; the caller lets only one thread at a time use one.
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
};

/* `next_ns` and `interval_ns` as they are now. */
void alarm_get(struct alarm *alarm, uint64_t *next_ns, uint64_t *interval_ns);

/* Off, and on again unless next_ns is 0. */
void alarm_set(struct alarm *alarm, uint64_t next_ns, uint64_t interval_ns);
