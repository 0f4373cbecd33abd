/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network cards [virtio-1.2 5.1]: one queue each way. Everything is guarded by the lock of
 * the device's user; an interrupt only tells the user that there is something. What is received:
 * virtio_net_rx.c.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "virtio_net.h"

LOG_MODULE(virtio_net);

enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_MTU = 10 };
enum { STATUS_LINK = 1, STATUS_ANNOUNCE = 2 };

#define RX_SIZE 128
#define TX_SIZE 256

STATIC_ASSERT(HEADER <= NET_HEADROOM);

/* What the device has sent is the user's again. */
static void take_sent(struct card *card)
{
	struct virtqueue *ring = &card->virtio->queues[QUEUE_TX].ring;
	uint32_t written;
	void *token;

	while ((token = virtqueue_take(ring, &written)))
		card->net.sent(&card->net, token);
	card->net.room = ring->free_count;
}

static unsigned card_poll(struct net_device *net, unsigned most)
{
	struct card *card = net->driver;
	struct virtqueue *rx_ring = &card->virtio->queues[QUEUE_RX].ring;
	struct virtqueue *tx_ring = &card->virtio->queues[QUEUE_TX].ring;
	unsigned count;

	if (card->failed)
		return 0;
	virtqueue_interrupts_off(rx_ring);
	take_sent(card);
	count = virtio_net_rx_take(card, most);
	virtio_net_rx_fill(card);
	if ((rx_ring->broken || tx_ring->broken) && !card->failed) {
		card->failed = true;
		log_error("%s: the card is out of order", net->name);
	}
	return count;
}

static bool card_interrupts_on(struct net_device *net)
{
	struct card *card = net->driver;

	return !card->failed && virtqueue_interrupts_on(&card->virtio->queues[QUEUE_RX].ring);
}

/* The header lies right ahead of the frame, so that most frames are one piece. */
static void write_header(const struct net_frame *frame)
{
	struct virtio_net_header header = {0};

	if (frame->sum_start) {
		header.flags = HEADER_NEEDS_SUM;
		header.sum_start = frame->sum_start;
		header.sum_at = frame->sum_at;
	}
	if (frame->segment) {
		header.gso = frame->v6 ? GSO_TCP6 : GSO_TCP4;
		header.segment = frame->segment;
		header.headers = frame->headers;
	}
	memcpy(frame->pieces[0].address - HEADER, &header, HEADER);
}

static int card_send(struct net_device *net, const struct net_frame *frame)
{
	struct card *card = net->driver;
	struct virtqueue *ring = &card->virtio->queues[QUEUE_TX].ring;
	struct virtqueue_piece list[NET_PIECES_MAX];
	int error;

	if (!frame->count || frame->count > NET_PIECES_MAX)
		return -EMSGSIZE;
	if (card->failed)
		return -EIO;
	write_header(frame);
	for (unsigned i = 0; i < frame->count; i++)
		list[i] = (struct virtqueue_piece){linear_physical(frame->pieces[i].address),
						   frame->pieces[i].len};
	list[0].pa -= HEADER;
	list[0].len += HEADER;
	error = virtqueue_add(ring, list, frame->count, 0, frame->token);
	if (error)
		return error;
	net->frames_out++;
	net->joined_out += frame->segment != 0;
	net->room = ring->free_count;
	net->kick_needed = true;
	return 0;
}

static void card_kick(struct net_device *net)
{
	struct card *card = net->driver;

	net->kick_needed = false;
	if (card->failed)
		return;
	virtio_kick(card->virtio, QUEUE_TX);
	virtio_kick(card->virtio, QUEUE_RX);
	if (net->room < card->virtio->queues[QUEUE_TX].ring.size / 2u)
		take_sent(card);
}

static int card_start(struct net_device *net)
{
	struct card *card = net->driver;

	virtio_net_rx_fill(card);
	virtqueue_interrupts_off(&card->virtio->queues[QUEUE_TX].ring);
	virtio_start(card->virtio);
	card_kick(net);
	(void)virtio_net_control_receive(net, 0);
	return 0;
}

static const struct net_device_ops card_ops = {
	.start = card_start,
	.send = card_send,
	.kick = card_kick,
	.poll = card_poll,
	.interrupts_on = card_interrupts_on,
	.give_back = virtio_net_rx_free,
	.receive = virtio_net_control_receive,
	.set_mac = virtio_net_control_mac,
	.announced = virtio_net_control_announced,
};

/* In interrupts. */
static void rx_done(struct virtio_device *virtio, unsigned index)
{
	struct card *card = virtio->driver_data;

	(void)index;
	if (card->net.wake)
		card->net.wake(&card->net);
}

static void config_changed(struct virtio_device *virtio)
{
	struct card *card = virtio->driver_data;
	uint16_t status;

	if (!virtio_has(virtio, F_STATUS))
		return;
	status = virtio_config16(virtio, CONFIG_STATUS);
	card->net.link = status & STATUS_LINK;
	if (status & STATUS_ANNOUNCE && virtio_has(virtio, F_ANNOUNCE))
		WRITE_ONCE(card->net.announce, true);
	if (card->net.wake)
		card->net.wake(&card->net);
}

static void read_config(struct card *card)
{
	struct virtio_device *virtio = card->virtio;

	if (virtio_has(virtio, F_MAC)) {
		for (unsigned i = 0; i < sizeof(card->net.mac); i++)
			card->net.mac[i] = virtio_config8(virtio, CONFIG_MAC + i);
	} else {
		random_get(card->net.mac, sizeof(card->net.mac));
		card->net.mac[0] = (uint8_t)((card->net.mac[0] & 0xfc) | 2);
	}
	card->net.mtu = 1500;
	if (virtio_has(virtio, F_MTU))
		card->net.mtu =
			MAX((uint16_t)576,
			    (uint16_t)MIN(virtio_config16(virtio, CONFIG_MTU), (uint16_t)1500));
	card->net.link = !virtio_has(virtio, F_STATUS) ||
			 (virtio_config16(virtio, CONFIG_STATUS) & STATUS_LINK);
}

#define WANTED                                                                                     \
	(F_MAC | F_STATUS | F_MTU | F_CSUM | F_HOST_TSO4 | F_HOST_TSO6 | F_GUEST_CSUM |            \
	 F_MRG_RXBUF | F_CTRL_VQ | F_CTRL_RX | F_CTRL_MAC | F_ANNOUNCE)
#define WANTED_JOINED (F_GUEST_TSO4 | F_GUEST_TSO6)

/* Joined segments need checksums that can be missing, and fit only where buffers are merged. */
static int negotiate(struct virtio_device *virtio)
{
	int error = virtio_negotiate(virtio, WANTED | WANTED_JOINED);

	if (error || !virtio_has(virtio, WANTED_JOINED))
		return error;
	if (virtio_has(virtio, F_GUEST_CSUM) && virtio_has(virtio, F_MRG_RXBUF))
		return 0;
	return virtio_negotiate(virtio, WANTED);
}

static unsigned offers(const struct virtio_device *virtio)
{
	if (!virtio_has(virtio, F_CSUM))
		return 0;
	return NET_SUM | (virtio_has(virtio, F_HOST_TSO4) ? NET_TSO4 : 0) |
	       (virtio_has(virtio, F_HOST_TSO6) ? NET_TSO6 : 0);
}

static int open_card(struct card *card)
{
	struct virtio_device *virtio = card->virtio;
	int error = negotiate(virtio);

	if (!error)
		error = virtio_queue_open(virtio, QUEUE_RX, RX_SIZE, rx_done);
	if (!error)
		error = virtio_queue_open(virtio, QUEUE_TX, TX_SIZE, NULL);
	if (error)
		return error;
	card->net.offers = offers(virtio);
	card->net.room = virtio->queues[QUEUE_TX].ring.size;
	virtio_net_control_open(card);
	virtio_net_rx_open(card);
	read_config(card);
	return net_register(&card->net);
}

static int probe(struct virtio_device *virtio)
{
	struct card *card = heap_alloc_zeroed(sizeof(*card));
	int error;

	if (!card)
		return -ENOMEM;
	card->virtio = virtio;
	card->net.ops = &card_ops;
	card->net.driver = card;
	virtio->driver_data = card;
	virtio->config_changed = config_changed;
	error = open_card(card);
	if (!error)
		return 0;
	virtio->driver_data = NULL;
	virtio->config_changed = NULL;
	virtio_give_up(virtio);
	heap_free(card);
	return error;
}

VIRTIO_DRIVER(NET, net) = {.name = "virtio_net", .id = VIRTIO_ID_NET, .probe = probe};
