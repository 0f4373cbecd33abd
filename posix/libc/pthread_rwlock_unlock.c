/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving back a lock that nobody has, or that another thread writes, is an error. */
#include "rwlock.h"

int __pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	int value, holders, left, waiters;

	if ((lock->_rw_lock & RW_COUNT) == RW_WRITING) {
		if (!rw_writes(lock))
			return EPERM;
		lock->_rw_owner = 0;
	}
	do {
		value = lock->_rw_lock;
		holders = value & RW_COUNT;
		waiters = lock->_rw_waiters;
		if (!holders)
			return EPERM;
		left = holders == RW_WRITING || holders == 1 ? 0 : value - 1;
	} while (a_cas(&lock->_rw_lock, value, left) != value);
	if (!left && (waiters || value < 0))
		__wake(&lock->_rw_lock, holders, lock->_rw_shared ^ 128);
	return 0;
}

weak_alias(__pthread_rwlock_unlock, pthread_rwlock_unlock);
