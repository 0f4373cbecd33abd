/* SPDX-License-Identifier: BSD-2-Clause */
#include "rwlock.h"

int __pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	int value, holders;

	if (rw_yields(lock, lock->_rw_urgent))
		return EBUSY;
	do {
		value = lock->_rw_lock;
		holders = value & RW_COUNT;
		if (holders == RW_WRITING)
			return EBUSY;
		if (holders == RW_WRITING - 1)
			return EAGAIN;
	} while (a_cas(&lock->_rw_lock, value, value + 1) != value);
	return 0;
}

weak_alias(__pthread_rwlock_tryrdlock, pthread_rwlock_tryrdlock);
