/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the virtio network driver share. The lock of the device's user is held. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <dev/net.h>
#include <dev/virtio.h>

/* Features [virtio-1.2 5.1.3]. */
#define F_CSUM	     (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MTU	     (UINT64_C(1) << 3)
#define F_MAC	     (UINT64_C(1) << 5)
#define F_GUEST_TSO4 (UINT64_C(1) << 7)
#define F_GUEST_TSO6 (UINT64_C(1) << 8)
#define F_HOST_TSO4  (UINT64_C(1) << 11)
#define F_HOST_TSO6  (UINT64_C(1) << 12)
#define F_MRG_RXBUF  (UINT64_C(1) << 15)
#define F_STATUS     (UINT64_C(1) << 16)
#define F_CTRL_VQ    (UINT64_C(1) << 17)
#define F_CTRL_RX    (UINT64_C(1) << 18)
#define F_ANNOUNCE   (UINT64_C(1) << 21)
#define F_CTRL_MAC   (UINT64_C(1) << 23)

enum { QUEUE_RX, QUEUE_TX, QUEUE_CONTROL };

/* Ahead of each frame [virtio-1.2 5.1.6]; little-endian, as all our processors are. */
struct virtio_net_header {
	uint8_t flags;
	uint8_t gso;
	uint16_t headers;
	uint16_t segment;
	uint16_t sum_start;
	uint16_t sum_at;
	uint16_t buffers; /* that the frame takes, when receiving */
};
#define HEADER sizeof(struct virtio_net_header)

#define HEADER_NEEDS_SUM  1
#define HEADER_DATA_VALID 2
#define GSO_NONE	  0
#define GSO_TCP4	  1
#define GSO_TCP6	  4

struct card {
	struct net_device net;
	struct virtio_device *virtio;
	struct rx *spare;
	struct command *command; /* NULL: there is no control queue */
	uint32_t room;		 /* of a buffer to receive into, the header included */
	bool failed;
};

/* Receiving: virtio_net_rx.c. */

/* The size of buffers, by what was negotiated. */
void virtio_net_rx_open(struct card *card);
/* As many buffers as the queue takes. */
void virtio_net_rx_fill(struct card *card);
/* Hand up to `most` frames to the user. How many there were, the bad ones included. */
unsigned virtio_net_rx_take(struct card *card, unsigned most);
void virtio_net_rx_free(struct net_buffer *buffer);

/* The control queue: virtio_net_control.c. */

void virtio_net_control_open(struct card *card);
/* Operations of struct net_device_ops. */
int virtio_net_control_receive(struct net_device *net, unsigned which);
int virtio_net_control_mac(struct net_device *net, const uint8_t mac[6]);
void virtio_net_control_announced(struct net_device *net);
