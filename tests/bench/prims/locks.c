/* SPDX-License-Identifier: BSD-2-Clause */
/* Semaphores and mutexes that nobody else wants. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#include <unishyper/sem.h>
#if __has_include(<unishyper/mutex.h>)
#include <unishyper/mutex.h>
#define HAVE_MUTEX 1
#endif

#include "prims.h"

static int sem_pair(void)
{
	static struct semaphore semaphore = SEMAPHORE_INIT(0);

	return COUNT((semaphore_release(&semaphore), semaphore_acquire(&semaphore)));
}

static int sem_pair_posix(void)
{
	static sem_t semaphore;

	if (sem_init(&semaphore, 0, 0))
		return -errno;
	return COUNT((sem_post(&semaphore), sem_wait(&semaphore)));
}

/* What serves as a lock where the native API has no mutex: a semaphore of one. */
static int mutex_pair(void)
{
#ifdef HAVE_MUTEX
	static struct mutex mutex = MUTEX_INIT;

	return COUNT((mutex_lock(&mutex), mutex_unlock(&mutex)));
#else
	static struct semaphore semaphore = SEMAPHORE_INIT(1);

	return COUNT((semaphore_acquire(&semaphore), semaphore_release(&semaphore)));
#endif
}

static int mutex_pair_posix(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	return COUNT((pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex)));
}

const struct row lock_rows[] = {{"sem_pair", sem_pair},
				{"sem_pair_posix", sem_pair_posix},
				{"mutex_pair", mutex_pair},
				{"mutex_pair_posix", mutex_pair_posix},
				{NULL, NULL}};
