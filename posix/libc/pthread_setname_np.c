/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library writes another thread's name to /proc. */
#include <string.h>

#include "pthread_impl.h"

hidden long uk_sys_thread_set_name(int id, const char *name);

int pthread_setname_np(pthread_t thread, const char *name)
{
	int id = thread->tid;

	if (strnlen(name, 16) > 15)
		return ERANGE;
	return id ? (int)-uk_sys_thread_set_name(id, name) : ESRCH;
}
