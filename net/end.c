/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program ends: what it sent is still on its way. The network works on until its peers have
 * acknowledged everything, but not for long: one that does not answer keeps no machine alive.
 */
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include <kernel/clock.h>
#include <kernel/power.h>
#include <kernel/start.h>
#include <kernel/thread.h>

#include "cards.h"
#include "core.h"
#include "frames.h"

#define LIMIT_NS (1000 * NS_PER_MS)

/* Frames on their way; data, or the end of a stream, that a peer has not acknowledged. */
static bool is_busy(void)
{
	GUARD(net);
	cards_kick();
	cards_poll();
	if (frames_sending())
		return true;
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		if (pcb->unsent || pcb->unacked)
			return true;
	return false;
}

static void drain(void)
{
	uint64_t limit = clock_monotonic_ns() + LIMIT_NS;

	while (is_busy() && clock_monotonic_ns() < limit)
		thread_sleep_until(clock_monotonic_ns() + NS_PER_MS);
}

static void watch_end(void)
{
	power_register_end(drain);
}

START_HOOK(NET, drain) = {watch_end};
