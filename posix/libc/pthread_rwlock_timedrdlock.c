/* SPDX-License-Identifier: BSD-2-Clause */
#include "rwlock.h"

int __pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
				 const struct timespec *restrict until)
{
	int error, value, urgent;

	while ((error = __pthread_rwlock_tryrdlock(lock)) == EBUSY) {
		if (rw_writes(lock))
			return EDEADLK;
		value = lock->_rw_lock;
		urgent = lock->_rw_urgent;
		if (rw_yields(lock, urgent))
			error = rw_wait(lock, &lock->_rw_urgent, urgent, until);
		else if ((value & RW_COUNT) == RW_WRITING)
			error = rw_wait(lock, &lock->_rw_lock, value, until);
		else
			continue;
		if (error)
			return error;
	}
	return error;
}

weak_alias(__pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock);
