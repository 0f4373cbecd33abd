/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets are told what their packets did not reach. Lock held. */
#pragma once

/* Listen to what ICMP says. */
void unreachable_start(void);

/* Give up connections whose next hop does not answer; after each run of TCP's timer. */
void unreachable_look(void);
