/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mutex does about priorities. Every program that has a mutex with inheritance or a ceiling
 * calls this first.
 */
#include "pthread_impl.h"

#include "ceiling.h"

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attr, int protocol)
{
	unsigned bits = attr->__attr & ~(MUTEX_INHERIT | MUTEX_PROTECT);

	/* The reference is what matters. */
	__asm__ volatile("" ::"r"(&mutex_ceiling_linked));
	if (protocol == PTHREAD_PRIO_INHERIT)
		bits |= MUTEX_INHERIT;
	else if (protocol == PTHREAD_PRIO_PROTECT)
		bits |= MUTEX_PROTECT;
	else if (protocol != PTHREAD_PRIO_NONE)
		return EINVAL;
	if (protocol == PTHREAD_PRIO_PROTECT && !CEILING_OF(bits))
		bits |= 1u << CEILING_SHIFT;
	if (protocol != PTHREAD_PRIO_NONE)
		uk_sys_inherit_enable();
	attr->__attr = bits;
	return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *attr, int ceiling)
{
	if (!CEILING_VALID(ceiling))
		return EINVAL;
	attr->__attr = (attr->__attr & ~CEILING_MASK) | (unsigned)ceiling << CEILING_SHIFT;
	return 0;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *restrict attr,
				     int *restrict ceiling)
{
	*ceiling = CEILING_OF(attr->__attr) ? CEILING_OF(attr->__attr) : 1;
	return 0;
}
