/* SPDX-License-Identifier: BSD-2-Clause */
/* A timer as a file: timerfd_create(2). Times are of the monotonic clock. Thread context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;

/* 0: off. */
struct timerfd_setting {
	uint64_t next_ns;     /* when it expires next */
	uint64_t interval_ns; /* and how often after that; 0: not again */
	bool date;	      /* next_ns was given as a time of day: it moves with that clock */
	bool cancels;	      /* and the next read is told so: -ECANCELED */
};

/* With one reference; NULL: memory is out. `real`: its user means the time of day. */
struct file *timerfd_open(bool real, unsigned flags);

/* Is the file one, and of which clock. */
bool timerfd_is(const struct file *file, bool *real);

/* Read the setting as it is now; set a new one, NULL: leave it. */
void timerfd_exchange(struct file *file, const struct timerfd_setting *new,
		      struct timerfd_setting *old);

/* The time of day was set forward by so much, or back. */
void timerfd_clock_was_set(int64_t forward_ns);
