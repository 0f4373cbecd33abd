/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals within the one process, for those who send or consume them: timers, pipes, signalfd. Who
 * calls one of these functions links the queue; handlers are linked by sigaction() alone.
 *
 * signal_lock guards all of it. Order of locks: timer queue, thread table, signal_lock, wait queue,
 * run queue: no wait queue's lock may be held by who sends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <base/list.h>

struct thread;

#define SIGNAL_COUNT	 64
#define SIGNAL_QUEUE_MAX 128 /* queued in the whole system, over all threads */

/* Whoever is about to send signals that queue has to say so. Thread. */
void signal_queue_grow(void);

/* Signals of the C library: the C library's headers do not name them. */
#define SIGNAL_TIMER	32 /* SIGEV_THREAD */
#define SIGNAL_CANCEL	33
#define SIGNAL_SYNCCALL 34

static inline uint64_t signal_bit(int number)
{
	return 1UL << (number - 1);
}

struct signal_info {
	int32_t number;	   /* 1 to SIGNAL_COUNT */
	int32_t code;	   /* SI_USER, SI_QUEUE, SI_TIMER, SEGV_MAPERR, … */
	int32_t sender;	   /* si_pid; with SI_TIMER the timer's id */
	int32_t overrun;   /* with SI_TIMER: expirations that found the signal still queued */
	uint64_t value;	   /* si_value */
	uintptr_t address; /* si_addr of a fault */
};

/*
 * Make a signal pending for one thread, or for whichever thread of the program takes it first, and
 * wake who can. What is ignored is dropped; what ends the program by default does so now, if it is
 * not blocked. Standard signals (below 32) and those of the C library that are pending already stay
 * pending once; the others queue in order. With SI_TIMER a signal of the same timer that is still
 * queued counts the overrun instead.
 *
 * 0, -EAGAIN (the queue is full; never for what does not queue), -ESRCH. Any context, also timer
 * callbacks.
 */
int signal_send_id(int32_t tid, const struct signal_info *info);
int signal_send_process(const struct signal_info *info);

/*
 * Accept a signal of `set` that is pending for the calling thread or the process: the lowest number
 * first. False if there is none. Thread.
 */
bool signal_take(uint64_t set, struct signal_info *out);

/* What is pending for the calling thread and the process. Thread. */
uint64_t signal_pending(void);

/* The layout of the C library's siginfo_t, 128 bytes, to be copied out. */
void signal_info_layout(const struct signal_info *info, void *siginfo);

/*
 * Be told whenever a signal becomes pending, wherever: for poll of a signalfd. notify() runs with
 * signal_lock held in any context: it may wake waiters, and call none of these functions. After
 * signal_unwatch() it does not run any more.
 */
struct signal_watch {
	struct list node;
	void (*notify)(struct signal_watch *watch, int number);
};
void signal_watch(struct signal_watch *watch);
void signal_unwatch(struct signal_watch *watch);
