/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <base/compiler.h>
#include <mem/user.h>

#include "poll.h"
#include "program.h"
#include "signals.h"

int poll_deadline(const struct timespec *timeout, uint64_t *deadline_ns)
{
	uint64_t ns;
	int error;

	*deadline_ns = DEADLINE_NEVER;
	if (!timeout)
		return 0;
	error = time_copy_in(timeout, &ns);
	if (!error)
		*deadline_ns = ns ? time_deadline(ns, false, false) : 0;
	return error;
}

int poll_mask_begin(struct poll_mask *mask, const uint64_t *set, size_t set_size)
{
	struct thread *self = thread_current();
	uint64_t wanted;

	mask->changed = 0;
	if (!set)
		return 0;
	if (set_size != sizeof(wanted))
		return -EINVAL;
	if (user_copy_in(&wanted, set, sizeof(wanted)))
		return -EFAULT;
	mask->changed = 1;
	mask->old = self->signal_mask;
	signal_set_mask(wanted);
	return 0;
}

/* A signal that ended the wait is delivered under the mask of the wait. */
long poll_mask_end(struct poll_mask *mask, long result)
{
	struct thread *self = thread_current();

	if (!mask->changed)
		return result;
	if (READ_ONCE(self->pending) & PENDING_SIGNAL) {
		self->signal_resume = mask->old;
		self->signal_resumes = true;
	} else {
		signal_set_mask(mask->old);
	}
	return result;
}
