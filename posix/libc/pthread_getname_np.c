/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "pthread_impl.h"

#include <abi/start.h>

hidden long uk_sys_thread_next(int after, struct uk_thread_info *info);

int pthread_getname_np(pthread_t thread, char *name, size_t size)
{
	struct uk_thread_info info;
	int id = thread->tid;

	if (size < sizeof(info.name))
		return ERANGE;
	if (!id || uk_sys_thread_next(id - 1, &info) || info.id != id)
		return ESRCH;
	memcpy(name, info.name, sizeof(info.name));
	return 0;
}
