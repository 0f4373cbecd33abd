/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of thread-specific values. A key that does not exist is an error, not a stray write. */
#include "keys.h"

volatile size_t __pthread_tsd_size = sizeof(void *) * PTHREAD_KEYS_MAX;
void *__pthread_tsd_main[PTHREAD_KEYS_MAX];
void (*volatile __uk_keys[PTHREAD_KEYS_MAX])(void *value);

static void keep(void *value)
{
	(void)value;
}

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *value))
{
	pthread_t self = __pthread_self();

	if (!self->tsd) /* the main thread, before there is another */
		self->tsd = __pthread_tsd_main;
	for (pthread_key_t i = 0; i < PTHREAD_KEYS_MAX; i++) {
		if (!a_cas_p(&__uk_keys[i], NULL, (void *)(destructor ? destructor : keep))) {
			*key = i;
			return 0;
		}
	}
	return EAGAIN;
}

/* A new key of this number has no values: it is cleared in all threads before it is free. */
int __pthread_key_delete(pthread_key_t key)
{
	pthread_t self = __pthread_self(), thread = self;

	if (key >= PTHREAD_KEYS_MAX || !__uk_keys[key])
		return EINVAL;
	__tl_lock();
	do {
		thread->tsd[key] = NULL;
		thread = thread->next;
	} while (thread != self);
	__tl_unlock();
	__uk_keys[key] = NULL;
	return 0;
}

void __pthread_tsd_run_dtors(void)
{
	pthread_t self = __pthread_self();

	for (int round = 0; self->tsd_used && round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
		self->tsd_used = 0;
		for (int i = 0; i < PTHREAD_KEYS_MAX; i++) {
			void *value = self->tsd[i];
			void (*destructor)(void *) = __uk_keys[i];

			self->tsd[i] = NULL;
			if (value && destructor)
				destructor(value);
		}
	}
}

weak_alias(__pthread_key_create, pthread_key_create);
weak_alias(__pthread_key_delete, pthread_key_delete);
