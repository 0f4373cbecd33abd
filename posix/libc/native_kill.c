/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread_kill(): cancellation of the C library, and what the kernel does about threads that
 * compute.
 */
#include <errno.h>

#include <abi/start.h>
#include <unishyper/thread.h>

#include "threads.h"

hidden long uk_sys_thread_kill(int tid, const unsigned char *hold);
hidden long __cancel(void);

int thread_kill(int id)
{
	struct thread_block *block;
	long error = -ESRCH;

	if (id == __pthread_self()->tid)
		__cancel();
	__tl_lock();
	block = __uk_block_find_id(id);
	if (block && !block->ended) {
		error = id == UK_MAIN_THREAD_ID ? -EPERM : 0;
		if (!error) {
			block->killed = true;
			a_store(&block->thread->cancel, 1);
			error = uk_sys_thread_kill(
				id, (const unsigned char *)&block->thread->canceldisable);
		}
		/* One that has not begun begins, and ends at once. */
		if (!error && block->suspended && !a_swap(&block->permit, 1))
			__wake(&block->permit, 1, 1);
	}
	__tl_unlock();
	return (int)error;
}
