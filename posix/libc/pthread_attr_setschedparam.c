/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched.h>

#include "pthread_impl.h"

/* The policy may be set later: what no policy has is refused here, the rest at creation. */
int pthread_attr_setschedparam(pthread_attr_t *restrict attr,
			       const struct sched_param *restrict param)
{
	if (param->sched_priority < 0 || param->sched_priority > sched_get_priority_max(SCHED_FIFO))
		return EINVAL;
	attr->_a_prio = param->sched_priority;
	return 0;
}
