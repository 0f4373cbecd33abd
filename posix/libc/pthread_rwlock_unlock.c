/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving back a lock that nobody has is an error here, and changes nothing. */
#include "pthread_impl.h"

int __pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	int value, holders, left, waiters;

	do {
		value = lock->_rw_lock;
		holders = value & INT_MAX;
		waiters = lock->_rw_waiters;
		if (!holders)
			return EPERM;
		left = holders == INT_MAX || holders == 1 ? 0 : value - 1;
	} while (a_cas(&lock->_rw_lock, value, left) != value);
	if (!left && (waiters || value < 0))
		__wake(&lock->_rw_lock, holders, lock->_rw_shared ^ 128);
	return 0;
}

weak_alias(__pthread_rwlock_unlock, pthread_rwlock_unlock);
