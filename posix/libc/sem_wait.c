/* SPDX-License-Identifier: BSD-2-Clause */
/* The short way of a semaphore that has something; the rest is as in the C library. */
#include <limits.h>
#include <semaphore.h>

#include "pthread_impl.h"

int sem_wait(sem_t *semaphore)
{
	int value;

	pthread_testcancel();
	value = semaphore->__val[0];
	if (value & SEM_VALUE_MAX && a_cas(semaphore->__val, value, value - 1) == value)
		return 0;
	return sem_timedwait(semaphore, NULL);
}
