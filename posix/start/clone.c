/* SPDX-License-Identifier: BSD-2-Clause */
/* How the C library starts threads, instead of its own file of this name. */
#include <pthread.h>
#include <stdarg.h>

#include "start.h"

/* Put at the top of the new stack, where the new thread finds it. */
struct start_call {
	int (*fn)(void *arg);
	void *arg;
};

static _Noreturn void thread_begin(void *arg)
{
	struct start_call *call = arg;

	for (;;)
		uk_sys_exit(call->fn(call->arg));
}

/*
 * A thread that faulted ends as if it were cancelled: its cleanup handlers run. Their list is on
 * the stack and may be what is broken: then it is dropped.
 */
static void thread_fault_exit(long again)
{
	struct __ptcb empty = {0};

	if (again)
		_pthread_cleanup_pop(&empty, 0);
	pthread_exit(PTHREAD_CANCELED);
}

/* __clone(fn, stack, flags, arg, parent_tid, tp, clear_tid): the new thread's id or -errno. */
START_HIDDEN int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	struct start_call *call = (void *)(((uintptr_t)stack & -16ul) - sizeof(*call));
	struct uk_thread_start start = {
		.entry = thread_begin,
		.arg = call,
		.stack = call,
		.flags = (unsigned int)flags,
		.fault_exit = thread_fault_exit,
	};
	va_list list;

	_Static_assert(sizeof(*call) % 16 == 0, "the stack stays aligned");
	if (start.flags == UK_THREAD_FLAGS) {
		va_start(list, arg);
		start.parent_tid = va_arg(list, int *);
		start.tp = va_arg(list, void *);
		start.clear_tid = va_arg(list, int *);
		va_end(list);
	}
	*call = (struct start_call){fn, arg};
	return uk_sys_thread_create(&start);
}
