/* SPDX-License-Identifier: BSD-2-Clause */
/* Joining. What cannot be joined is found out by a look into the table: no pointer is followed. */
#include "threads.h"

int __uk_block_claim(struct thread_block *block)
{
	if (!block)
		return ESRCH;
	if (block->thread == __pthread_self())
		return EDEADLK;
	if (block->detached || block->joining)
		return EINVAL;
	block->joining = true;
	return 0;
}

static void give_up(void *arg)
{
	struct thread_block *block = arg;

	list_lock();
	block->joining = false;
	list_unlock();
}

static int wait_for_end(struct thread_block *block, const struct timespec *until)
{
	struct __ptcb handler = {.__f = give_up, .__x = block};
	int id = block->running, error = 0;

	if (!id)
		return 0;
	__do_cleanup_push(&handler);
	do
		error = until ? __timedwait_cp(&block->running, id, CLOCK_REALTIME, until, 1)
			      : (int)-__syscall_cp(SYS_futex, &block->running,
						   FUTEX_WAIT | FUTEX_PRIVATE, id, NULL);
	while ((id = block->running) && error != ETIMEDOUT && error != EINVAL);
	__do_cleanup_pop(&handler);
	if (id)
		give_up(block);
	return id ? error : 0;
}

int __uk_block_join(struct thread_block *block, void **result, const struct timespec *until)
{
	pthread_t self = __pthread_self();
	unsigned char state = self->canceldisable;
	int error;

	/* The C library's "masked" cancellation is none here: nobody would take the result. */
	if (state)
		self->canceldisable = PTHREAD_CANCEL_DISABLE;
	error = wait_for_end(block, until);
	self->canceldisable = state;
	if (error)
		return error;
	a_barrier();
	list_lock();
	if (!block->ended) /* it could not even end in order */
		__uk_thread_unlink(block->thread);
	if (result)
		*result = block->ended ? block->thread->result : PTHREAD_CANCELED;
	__uk_block_retire(block);
	list_unlock();
	if (__uk_blocks_crowded)
		__uk_blocks_trim(false);
	return 0;
}

static int join(pthread_t thread, void **result, const struct timespec *until, bool wait)
{
	struct thread_block *block;
	int error;

	__pthread_testcancel();
	list_lock();
	block = __uk_block_find(thread);
	error = __uk_block_claim(block);
	if (!error && !wait && !block->ended) {
		block->joining = false;
		error = EBUSY;
	}
	list_unlock();
	return error ? error : __uk_block_join(block, result, until);
}

static int __pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *until)
{
	return join(thread, result, until, true);
}

int __pthread_join(pthread_t thread, void **result)
{
	return join(thread, result, NULL, true);
}

static int __pthread_tryjoin_np(pthread_t thread, void **result)
{
	return join(thread, result, NULL, false);
}

weak_alias(__pthread_tryjoin_np, pthread_tryjoin_np);
weak_alias(__pthread_timedjoin_np, pthread_timedjoin_np);
weak_alias(__pthread_join, pthread_join);
