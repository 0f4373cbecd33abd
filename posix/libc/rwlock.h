/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-write locks, with what the C library leaves out: they know who writes, so that this thread
 * is told instead of waiting for itself; and a reader does not pass writers with a real-time
 * priority that is its own or higher [POSIX, pthread_rwlock_rdlock(), TPS].
 *
 * Writers without such a priority are passed, as threads may read-lock twice.
 */
#pragma once

#include <stdbool.h>

#include "pthread_impl.h"

/* Words of pthread_rwlock_t that the C library leaves alone; all are 0 at first. */
#define _rw_owner  __u.__vi[3] /* id of the thread that writes; 0: none */
#define _rw_urgent __u.__vi[4] /* real-time writers that wait; readers wait for its change */
#define _rw_levels (&(lock)->__u.__vi[5]) /* how many of each priority, four bits each */

#define RW_COUNT   0x7fffffff /* of _rw_lock: readers, or RW_WRITING */
#define RW_WRITING 0x7fffffff
#define RW_WAITED  ((int)0x80000000) /* of both words: there may be somebody to be woken */

/* _rw_urgent: how many, and how often one of them went. */
#define RW_WRITERS 0xffff
#define RW_GONE	   0x10000
#define RW_LEVELS  6 /* words, for priorities from 1 to 48 */

/* 0: the calling thread has none of SCHED_FIFO and SCHED_RR. */
static inline int rw_priority(void)
{
	int priority;

	return __syscall(SYS_sched_getparam, 0, &priority) ? 0 : priority;
}

static inline bool rw_writes(const pthread_rwlock_t *lock)
{
	return lock->_rw_owner == __pthread_self()->tid;
}

/* Has a reader to let writers go first? `urgent` is the word as it was read before. */
static inline bool rw_yields(const pthread_rwlock_t *lock, int urgent)
{
	int level;

	if (!(urgent & RW_WRITERS))
		return false;
	level = rw_priority();
	level -= level > 0;
	if ((unsigned)_rw_levels[level / 8] >> level % 8 * 4)
		return true;
	while (++level < 8 * RW_LEVELS)
		if (level % 8 == 0 && _rw_levels[level / 8])
			return true;
	return false;
}

/* Wait until one of the words, which was `value`, changes. As __timedwait(). */
static inline int rw_wait(pthread_rwlock_t *lock, volatile int *word, int value,
			  const struct timespec *until)
{
	int marked = value | RW_WAITED, error;

	a_inc(&lock->_rw_waiters);
	a_cas(word, value, marked);
	error = __timedwait(word, marked, CLOCK_REALTIME, until, lock->_rw_shared ^ 128);
	a_dec(&lock->_rw_waiters);
	return error == EINTR ? 0 : error;
}

hidden int __pthread_rwlock_tryrdlock(pthread_rwlock_t *lock);
hidden int __pthread_rwlock_trywrlock(pthread_rwlock_t *lock);
