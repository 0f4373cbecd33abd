/* SPDX-License-Identifier: BSD-2-Clause */
#include "pthread_impl.h"

#include "ceiling.h"

/* It is locked meanwhile, whatever the caller's priority is. */
int pthread_mutex_setprioceiling(pthread_mutex_t *restrict mutex, int ceiling, int *restrict old)
{
	int error;

	if (!((unsigned)mutex->_m_type & MUTEX_PROTECT) || !CEILING_VALID(ceiling))
		return EINVAL;
	error = __pthread_mutex_lock(mutex);
	if (error)
		return error;
	if (old)
		*old = CEILING_OF((unsigned)mutex->_m_type);
	mutex->_m_type = (int)(((unsigned)mutex->_m_type & ~CEILING_MASK) |
			       (unsigned)ceiling << CEILING_SHIFT);
	return __pthread_mutex_unlock(mutex);
}
