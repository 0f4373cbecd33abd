/* SPDX-License-Identifier: BSD-2-Clause */
#include "rwlock.h"

/* Add to how many wait with a priority; false: there is no room for more of them. */
static bool level_add(pthread_rwlock_t *lock, int priority, int by)
{
	volatile int *word = &_rw_levels[(priority - 1) / 8];
	int shift = (priority - 1) % 8 * 4, old;

	do {
		old = *word;
		if (by > 0 && (old >> shift & 15) == 15)
			return false;
	} while (a_cas(word, old, (int)((unsigned)old + (unsigned)by * (1u << shift))) != old);
	return true;
}

/* Readers of no higher priority let this one go first. */
static bool urge(pthread_rwlock_t *lock, int priority)
{
	if (!priority || !level_add(lock, priority, 1))
		return false;
	a_inc(&lock->_rw_urgent);
	return true;
}

/* It has the lock, or has given up: those who let it go first look again. */
static void urge_no_more(pthread_rwlock_t *lock, int priority)
{
	int old, new;

	level_add(lock, priority, -1);
	do {
		old = lock->_rw_urgent;
		new = ((old - 1 + RW_GONE) & ~RW_WAITED);
	} while (a_cas(&lock->_rw_urgent, old, new) != old);
	if (old & RW_WAITED)
		__wake(&lock->_rw_urgent, -1, lock->_rw_shared ^ 128);
}

int __pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
				 const struct timespec *restrict until)
{
	int error = __pthread_rwlock_trywrlock(lock), priority, value;
	bool urges;

	if (error != EBUSY)
		return error;
	if (rw_writes(lock))
		return EDEADLK;
	priority = rw_priority();
	urges = urge(lock, priority);
	while ((error = __pthread_rwlock_trywrlock(lock)) == EBUSY) {
		value = lock->_rw_lock;
		if (!value)
			continue;
		error = rw_wait(lock, &lock->_rw_lock, value, until);
		if (error)
			break;
	}
	if (urges)
		urge_no_more(lock, priority);
	return error;
}

weak_alias(__pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock);
