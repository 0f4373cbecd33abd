/* SPDX-License-Identifier: BSD-2-Clause */
#include <time.h>

#include "pthread_impl.h"

int pthread_condattr_setclock(pthread_condattr_t *attr, clockid_t clock)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	attr->__attr = (attr->__attr & 0x80000000) | (unsigned)clock;
	return 0;
}
