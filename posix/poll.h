/* SPDX-License-Identifier: BSD-2-Clause */
/* What poll, select and epoll_pwait have in common. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct timespec;

/*
 * When a relative time-out of the program is over: 0 for one of zero, DEADLINE_NEVER for NULL. 0,
 * -EFAULT, -EINVAL.
 */
int poll_deadline(const struct timespec *timeout, uint64_t *deadline_ns);

/*
 * The thread's signal mask for the time of a wait: the program's set, or NULL to leave it alone.
 * 0, -EINVAL, -EFAULT; after 0, poll_mask_end() follows with the call's result, which it returns.
 */
struct poll_mask {
	uint64_t old;
	int changed;
};
int poll_mask_begin(struct poll_mask *mask, const uint64_t *set, size_t set_size);
long poll_mask_end(struct poll_mask *mask, long result);
