/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments of TCP that are longer than a frame, for a card that cuts them, to peers that take whole
 * frames. The library counts one as one; whoever sends it again cuts it first. All with the
 * network's lock held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lwip/tcp.h>

/* In pbuf->flags of the first pbuf of a segment: it may be large. */
#define LARGE_FLAG 0x40u

/* Bytes that a segment of a connection may have now; 0: not more than the peer takes. */
uint32_t large_most(const struct tcp_pcb *pcb);

/*
 * Queue a segment, or add to the last one, if that does not get longer than `most`. The packet was
 * allocated as PBUF_TRANSPORT; it is the queue's if the result is ERR_OK.
 */
err_t large_queue(struct tcp_pcb *pcb, struct pbuf *packet, uint32_t most, bool push);

/* Is the last that waits to be sent larger than the peer takes? */
bool large_is_last(const struct tcp_pcb *pcb);

/* A packet of the library's, longer than the card's frames: it is a large segment, now marked. */
bool large_goes(struct pbuf *packet, const struct netif *netif, unsigned ip_header);

/* The library's clock is going to tick, or has ticked, for a connection. */
void large_before_tick(struct tcp_pcb *pcb);
void large_fit(struct tcp_pcb *pcb);

/* Frames came: connections whose next segment waits for nothing any more. */
void large_fit_all(void);
