/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that somebody asked for and has not confirmed. Who floods a listener with requests
 * from invented addresses never confirms one: the oldest make room for the next ones, so that who
 * answers in time is served all the while. They go without a word: it would reach strangers.
 *
 * The library itself counts them in 8 bits and would drop what comes when there are so many. Before
 * that its count is taken back, and they are counted here.
 */
#include "core.h"
#include "lwip/hooks.h"

#include <lwip/priv/tcp_priv.h>

#include <base/compiler.h>

#define HALF_OPEN_MAX 1024 /* of a listener, and at most as many as the library's count more */

void net_make_room(const struct tcp_pcb_listen *listener)
{
	struct tcp_pcb *pcb, *next;
	unsigned count = 0;

	/* `backlog` is 0 when too many wait to be accepted: then none more is wanted. */
	if (LIKELY(listener->accepts_pending < listener->backlog) || !listener->backlog)
		return;
	/* The newest are the first. */
	for (pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (pcb->state != SYN_RCVD || pcb->listener != listener)
			continue;
		tcp_backlog_accepted(pcb);
		if (++count > HALF_OPEN_MAX)
			tcp_abandon(pcb, 0);
	}
}
