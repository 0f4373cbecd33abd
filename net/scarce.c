/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory is given to connections by need, which together may be more than there is: peers that send
 * to a program that reads nothing, or that read nothing of what it sends. The last eighth of the
 * memory is given out sparingly, so that who takes little is served all the while.
 */
#include "core.h"

#include <mem/frame.h>

#define SHARE 4096

uint32_t net_share(void)
{
	size_t free = frame_free_count(), reserve = frame_total_count() / 8;

	return free >= reserve ? UINT32_MAX : free >= reserve / 2 ? SHARE : free >= reserve / 4;
}
