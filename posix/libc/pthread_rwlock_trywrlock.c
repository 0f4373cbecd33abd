/* SPDX-License-Identifier: BSD-2-Clause */
#include "rwlock.h"

int __pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	if (a_cas(&lock->_rw_lock, 0, RW_WRITING))
		return EBUSY;
	lock->_rw_owner = __pthread_self()->tid;
	return 0;
}

weak_alias(__pthread_rwlock_trywrlock, pthread_rwlock_trywrlock);
