/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/thread.h>: what speaks of threads by their ids. They are pthreads. */
#include <sched.h>
#include <time.h>

#include <abi/start.h>
#include <unishyper/thread.h>

#include "threads.h"

hidden long uk_sys_thread_to_front(int tid);

static void *run(void *arg)
{
	struct thread_block *block = __uk_block_self();

	block->native(arg);
	return NULL;
}

int thread_spawn_with(void (*fn)(void *arg), void *arg, const struct thread_options *options)
{
	struct thread_request request = {
		.fn = run,
		.native = fn,
		.arg = arg,
		.name = options->name,
		.stack_size = __default_stacksize,
		.guard_size = DEFAULT_GUARD_SIZE,
		.detached = options->detached,
		.suspended = options->suspended,
		.scheduled = UK_SCHEDULED_LEVEL,
		.priority = options->priority,
		.affinity = options->core < 0 ? ~0ul : 1ul << (options->core & 63),
	};
	pthread_t thread;
	int error, id;

	if (!fn || options->core > 63)
		return -EINVAL;
	if (options->stack_bytes) {
		if (options->stack_bytes < PTHREAD_STACK_MIN)
			return -EINVAL;
		if (options->stack_bytes > SIZE_MAX / 4)
			return -ENOMEM;
		request.stack_size = options->stack_bytes;
	}
	error = __uk_thread_start(&request, &thread, &id);
	if (error)
		return error == EAGAIN ? -ENOMEM : -error;
	return id;
}

int thread_spawn(void (*fn)(void *arg), void *arg)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	return thread_spawn_with(fn, arg, &options);
}

int thread_spawn_name(void (*fn)(void *arg), void *arg, const char *name)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.name = name;
	return thread_spawn_with(fn, arg, &options);
}

int thread_spawn_on_core(void (*fn)(void *arg), void *arg, int core)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.core = core;
	return thread_spawn_with(fn, arg, &options);
}

int thread_spawn_suspended(void (*fn)(void *arg), void *arg, const char *name)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.name = name;
	options.suspended = true;
	return thread_spawn_with(fn, arg, &options);
}

int thread_join(int id)
{
	struct thread_block *block;
	int error;

	list_lock();
	block = __uk_block_find_id(id);
	error = __uk_block_claim(block);
	list_unlock();
	if (id == __pthread_self()->tid)
		return -EDEADLK;
	return error ? -error : -__uk_block_join(block, NULL, NULL);
}

int thread_detach(int id)
{
	return -__uk_block_detach(NULL, id);
}

_Noreturn void thread_exit(void)
{
	__pthread_exit(NULL);
}

/*
 * A thread that blocks sleeps on its block's permit, which who wakes it leaves there. Waking is
 * done with the list locked, so that the block stays.
 */
static int wake(int id, bool front)
{
	struct thread_block *block;

	list_lock();
	__uk_blocks_init();
	block = __uk_block_find_id(id);
	if (block && block->ended)
		block = NULL;
	if (block && !a_swap(&block->permit, 1)) {
		__wake(&block->permit, 1, 1);
		if (front)
			uk_sys_thread_to_front(id);
	}
	list_unlock();
	return block ? 0 : -ESRCH;
}

int thread_wake(int id)
{
	return wake(id, false);
}

int thread_wake_to_front(int id)
{
	return wake(id, true);
}

static int block_until(const struct timespec *until)
{
	struct thread_block *block;
	int error = 0;

	list_lock();
	__uk_blocks_init();
	block = __uk_block_self();
	list_unlock();
	while (!a_swap(&block->permit, 0)) {
		if (error == ETIMEDOUT)
			return -ETIMEDOUT;
		error = __timedwait_cp(&block->permit, 0, CLOCK_MONOTONIC, until, 1);
	}
	return 0;
}

int thread_block(void)
{
	return block_until(NULL);
}

int thread_block_for(uint64_t timeout_ns)
{
	struct timespec until;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = (uint64_t)until.tv_nsec + timeout_ns % 1000000000;
	until.tv_sec += (time_t)(timeout_ns / 1000000000 + ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	return block_until(&until);
}
