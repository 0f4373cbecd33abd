/* SPDX-License-Identifier: BSD-2-Clause */
#include <threads.h>

#include "threads.h"

int __uk_block_detach(pthread_t thread, int id)
{
	struct thread_block *block;
	int error = 0;

	__tl_lock();
	block = id ? __uk_block_find_id(id) : __uk_block_find(thread);
	if (!block) {
		error = ESRCH;
	} else if (block->detached || block->joining) {
		error = EINVAL;
	} else {
		block->detached = true;
		block->thread->detach_state = DT_DETACHED;
		if (block->ended)
			__uk_block_retire(block);
	}
	__tl_unlock();
	__uk_blocks_trim(false);
	return error;
}

static int __pthread_detach(pthread_t thread)
{
	return __uk_block_detach(thread, 0);
}

weak_alias(__pthread_detach, pthread_detach);
weak_alias(__pthread_detach, thrd_detach);
