/* SPDX-License-Identifier: BSD-2-Clause */
#include "rwlock.h"

/* Readers of no higher priority let this one go first. */
static void urge(pthread_rwlock_t *lock, int priority)
{
	int old, new;

	do {
		old = lock->_rw_urgent;
		new = old + 1;
		if (RW_URGENCY(old) < priority)
			new += RW_URGENCY_OF(priority - RW_URGENCY(old));
	} while (a_cas(&lock->_rw_urgent, old, new) != old);
}

/*
 * It has the lock, or has given up: those who let it go first look again. The urgency falls when
 * nobody urges any more, and may be higher than need be until then.
 */
static void urge_no_more(pthread_rwlock_t *lock)
{
	int old, new;

	do {
		old = lock->_rw_urgent;
		new = (old & RW_WRITERS) == 1 ? 0 : (old & ~RW_WAITED) - 1;
	} while (a_cas(&lock->_rw_urgent, old, new) != old);
	if (old & RW_WAITED)
		__wake(&lock->_rw_urgent, -1, lock->_rw_shared ^ 128);
}

int __pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
				 const struct timespec *restrict until)
{
	int error = __pthread_rwlock_trywrlock(lock), priority, value;

	if (error != EBUSY)
		return error;
	if (rw_writes(lock))
		return EDEADLK;
	priority = rw_priority();
	if (priority)
		urge(lock, priority);
	while ((error = __pthread_rwlock_trywrlock(lock)) == EBUSY) {
		value = lock->_rw_lock;
		if (!value)
			continue;
		error = rw_wait(lock, &lock->_rw_lock, value, until);
		if (error)
			break;
	}
	if (priority)
		urge_no_more(lock);
	return error;
}

weak_alias(__pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock);
