/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes with a priority ceiling (PTHREAD_PRIO_PROTECT): who holds one runs at its ceiling at
 * least, from before it is locked on. In an archive behind the C library, whose functions of these
 * names are weak: they are replaced only in programs that call pthread_mutexattr_setprotocol().
 */
#include "pthread_impl.h"

#include "../ceiling.h"

const char mutex_ceiling_linked;

/* Of the calling thread: how many mutexes of each ceiling it holds, and the highest held. */
static _Thread_local unsigned held[CEILING_MAX + 1];
static _Thread_local int highest;
/* pthread_cond_timedwait() gives it up and takes it again; the ceiling stays meanwhile. */
static _Thread_local pthread_mutex_t *kept;

static int has_ceiling(const pthread_mutex_t *mutex)
{
	return (unsigned)mutex->_m_type & MUTEX_PROTECT;
}

static int enter(int ceiling)
{
	long error = uk_sys_ceiling_set(ceiling > highest ? ceiling : highest, ceiling);

	if (error)
		return (int)-error;
	held[ceiling]++;
	if (ceiling > highest)
		highest = ceiling;
	return 0;
}

static void leave(int ceiling)
{
	if (--held[ceiling] || ceiling != highest)
		return;
	while (highest && !held[highest])
		highest--;
	uk_sys_ceiling_set(highest, 0);
}

static int lock(pthread_mutex_t *mutex, int (*how)(pthread_mutex_t *, const struct timespec *),
		const struct timespec *at)
{
	int ceiling = CEILING_OF((unsigned)mutex->_m_type), error;

	if (!has_ceiling(mutex) || mutex == kept) {
		kept = NULL;
		return how(mutex, at);
	}
	error = enter(ceiling);
	if (error)
		return error;
	error = how(mutex, at);
	if (error && error != EOWNERDEAD)
		leave(ceiling);
	return error;
}

static int plain(pthread_mutex_t *mutex, const struct timespec *at)
{
	(void)at;
	return __pthread_mutex_lock(mutex);
}

static int timed(pthread_mutex_t *mutex, const struct timespec *at)
{
	return __pthread_mutex_timedlock(mutex, at);
}

static int try(pthread_mutex_t *mutex, const struct timespec *at)
{
	(void)at;
	return __pthread_mutex_trylock(mutex);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return has_ceiling(mutex) ? lock(mutex, plain, NULL) : __pthread_mutex_lock(mutex);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict at)
{
	return has_ceiling(mutex) ? lock(mutex, timed, at) : __pthread_mutex_timedlock(mutex, at);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	return has_ceiling(mutex) ? lock(mutex, try, NULL) : __pthread_mutex_trylock(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int ceiling = CEILING_OF((unsigned)mutex->_m_type), error;

	if (!has_ceiling(mutex))
		return __pthread_mutex_unlock(mutex);
	if (!held[ceiling])
		return EPERM;
	error = __pthread_mutex_unlock(mutex);
	if (!error)
		leave(ceiling);
	return error;
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
			   const struct timespec *restrict at)
{
	int error;

	if (!has_ceiling(mutex))
		return __pthread_cond_timedwait(cond, mutex, at);
	kept = mutex;
	error = __pthread_cond_timedwait(cond, mutex, at);
	kept = NULL;
	return error;
}
