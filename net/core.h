/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP/IP library's surroundings. It is single-threaded: whoever calls it, or looks at what it
 * changes, holds the one lock, a mutex that lends priority. Thread context; no lock is held that
 * its callbacks take.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <base/guard.h>
#include <kernel/mutex.h>

/* Guarded by it: everything of the library, and of sockets what net/inet.h says. */
void net_lock(void);

/* Packets to ourselves arrive here, before the lock is given up. */
void net_unlock(void);

struct net_guard {
	char unused;
};

static inline struct net_guard net_guard_begin(void)
{
	net_lock();
	return (struct net_guard){0};
}

static inline void net_guard_end(struct net_guard *guard)
{
	(void)guard;
	net_unlock();
}

/* The network's thread has something to do: a timer, an interrupt. Any context. */
void net_wake(void);

/* Run what is due; the time in ns when something will be. Lock held. */
uint64_t net_timers_run(void);

/* Forget connections that have ended and need not be remembered. Lock held. */
void net_drop_ended(void);

/*
 * Bytes that a socket may keep of what its peer sends, or does not take: UINT32_MAX with memory
 * enough, less when it is scarce; 0 when who keeps anything has to go. Lock held.
 */
uint32_t net_share(void);
static inline bool net_scarce(void)
{
	return net_share() != UINT32_MAX;
}

/* A server is asked for the time (sntp.h). Lock held. */
void net_ask_time(void);

/* Something was received whose acknowledgement waits for company, but not long. Lock held. */
void net_ack_soon(void);
