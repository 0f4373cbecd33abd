/* SPDX-License-Identifier: BSD-2-Clause */
#include <threads.h>

#include "keys.h"

static void *__pthread_getspecific(pthread_key_t key)
{
	return key < PTHREAD_KEYS_MAX && __uk_keys[key] ? __pthread_self()->tsd[key] : NULL;
}

weak_alias(__pthread_getspecific, pthread_getspecific);
weak_alias(__pthread_getspecific, tss_get);
