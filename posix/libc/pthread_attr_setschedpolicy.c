/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "pthread_impl.h"

int pthread_attr_setschedpolicy(pthread_attr_t *attr, int policy)
{
	if (policy != SCHED_OTHER && policy != SCHED_FIFO && policy != SCHED_RR)
		return EINVAL;
	attr->_a_policy = policy;
	return 0;
}
