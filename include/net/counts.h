/* SPDX-License-Identifier: BSD-2-Clause */
/* What the network holds at the moment. Thread context; takes the network's lock. */
#pragma once

#include <stdint.h>

struct net_counts {
	unsigned listening, bound, udp;
	unsigned half_open;		/* somebody asked to connect and has not confirmed it */
	unsigned connections;		/* of a socket, or not accepted yet */
	unsigned orphans;		/* closed by the program; what was sent is on its way */
	unsigned ended;			/* TIME_WAIT */
	uint64_t frames_in, frames_out; /* of all cards */
	uint64_t dropped;		/* by drivers: no memory, no room, no valid length */
};
void net_count(struct net_counts *counts);
