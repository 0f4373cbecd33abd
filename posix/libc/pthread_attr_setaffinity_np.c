/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/pthread.h>: the C library has no such attribute. */
#include <sched.h>
#include <string.h>

#include <unishyper/pthread.h>

#include "threads.h"

int pthread_attr_setaffinity_np(pthread_attr_t *attr, size_t size, const cpu_set_t *set)
{
	unsigned long mask = 0;

	memcpy(&mask, set, size < sizeof(mask) ? size : sizeof(mask));
	if (!mask)
		return EINVAL;
	attr->_a_affinity = mask;
	return 0;
}

int pthread_attr_getaffinity_np(const pthread_attr_t *attr, size_t size, cpu_set_t *set)
{
	unsigned long mask = attr->_a_affinity;

	if (size < sizeof(mask))
		return EINVAL;
	if (!mask)
		return pthread_getaffinity_np(__pthread_self(), size, set);
	memset(set, 0, size);
	memcpy(set, &mask, sizeof(mask));
	return 0;
}
