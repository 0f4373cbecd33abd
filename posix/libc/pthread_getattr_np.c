/* SPDX-License-Identifier: BSD-2-Clause */
/* What a running thread has. */
#include <sched.h>

#include "pthread_impl.h"

#include <abi/start.h>

#include "threads.h"

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	struct sched_param param;
	cpu_set_t cpus;
	int policy;

	*attr = (pthread_attr_t){0};
	attr->_a_detach = thread->detach_state >= DT_DETACHED;
	attr->_a_guardsize = thread->guard_size;
	if (thread->stack) {
		attr->_a_stackaddr = (uintptr_t)thread->stack;
		attr->_a_stacksize = thread->stack_size;
	} else {
		/* The main thread's ends with what it was started with. */
		attr->_a_guardsize = PAGE_SIZE;
		attr->_a_stackaddr = ((uintptr_t)(libc.auxv + UK_AUXV_WORDS) + PAGE_SIZE - 1) &
				     -PAGE_SIZE;
		attr->_a_stacksize = UK_MAIN_STACK_SIZE;
	}
	if (!pthread_getschedparam(thread, &policy, &param)) {
		attr->_a_policy = policy;
		attr->_a_prio = param.sched_priority;
	}
	if (!pthread_getaffinity_np(thread, sizeof(cpus), &cpus))
		attr->_a_affinity = cpus.__bits[0];
	return 0;
}
