/* SPDX-License-Identifier: BSD-2-Clause */
#include "pthread_impl.h"

#include "ceiling.h"

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict mutex, int *restrict ceiling)
{
	if (!((unsigned)mutex->_m_type & MUTEX_PROTECT))
		return EINVAL;
	*ceiling = CEILING_OF((unsigned)mutex->_m_type);
	return 0;
}
