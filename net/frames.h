/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames on their way to a card. What the card offers is left to it: the checksum of TCP, and the
 * cutting of long segments, which are made here of adjacent ones. Lock held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include <dev/net.h>

/* Of one card: segments that are held back until it is known whether more of them follow. */
struct frame_out {
	struct netif *netif;
	bool all; /* frames for others are received, too */
	struct net_device *device;
	struct pbuf *first, *last; /* chained by `waiting` */
	unsigned pieces;
	uint32_t bytes;		   /* of data */
	uint32_t next;		   /* sequence number that would fit */
	uint16_t segment, headers; /* data in the first; bytes ahead of them */
	uint16_t tcp;		   /* where its header begins */
	bool v6, ended;		   /* ended: nothing fits behind the last */
};

/* Take a packet, and a reference to it until it was sent. */
err_t frame_send(struct frame_out *out, struct pbuf *packet);

/* Nothing more follows. */
void frames_flush(struct frame_out *out);

/* For the device: it has read what the token stands for. */
void frames_sent(struct net_device *device, void *token);

/* Has any card frames that it has not read yet. */
bool frames_sending(void);

/*
 * Where the header behind that of IP begins, with its protocol; 0: there is none, or it is a
 * fragment's.
 */
unsigned frame_transport(const uint8_t *frame, uint32_t len, unsigned *protocol);
