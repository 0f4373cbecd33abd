/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

int pthread_setspecific(pthread_key_t key, const void *value)
{
	pthread_t self = __pthread_self();

	if (key >= PTHREAD_KEYS_MAX || !__uk_keys[key])
		return EINVAL;
	if (self->tsd[key] != value) {
		self->tsd[key] = (void *)value;
		self->tsd_used = 1;
	}
	return 0;
}
