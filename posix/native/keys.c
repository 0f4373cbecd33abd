/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/thread.h>: values that each thread has for itself. */
#include <errno.h>
#include <pthread.h>

#include <unishyper/thread.h>

int thread_key_create(void (*destructor)(void *value))
{
	pthread_key_t key;
	int error = pthread_key_create(&key, destructor);

	return error ? -error : (int)key;
}

int thread_key_destroy(int key)
{
	return key < 0 ? -EINVAL : -pthread_key_delete((pthread_key_t)key);
}

int thread_key_set(int key, void *value)
{
	return key < 0 ? -EINVAL : -pthread_setspecific((pthread_key_t)key, value);
}

void *thread_key_get(int key)
{
	return key < 0 ? NULL : pthread_getspecific((pthread_key_t)key);
}
