/* SPDX-License-Identifier: BSD-2-Clause */
/* Processors that a thread may run on. */
#include <sched.h>
#include <string.h>

#include "pthread_impl.h"
#include "sched_target.h"

static int get_affinity(pid_t id, size_t size, cpu_set_t *set)
{
	long written = __syscall(SYS_sched_getaffinity, id, size, set);

	if (written < 0)
		return (int)written;
	if ((size_t)written < size)
		memset((char *)set + written, 0, size - (size_t)written);
	return 0;
}

int sched_setaffinity(pid_t id, size_t size, const cpu_set_t *set)
{
	return syscall(SYS_sched_setaffinity, sched_target(id), size, set);
}

int sched_getaffinity(pid_t id, size_t size, cpu_set_t *set)
{
	return __syscall_ret(get_affinity(sched_target(id), size, set));
}

/* A thread that has ended has no number. */
int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
	int id = thread->tid;

	return id ? -__syscall(SYS_sched_setaffinity, id, size, set) : ESRCH;
}

int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set)
{
	int id = thread->tid;

	return id ? -get_affinity(id, size, set) : ESRCH;
}
