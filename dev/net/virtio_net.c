/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network cards [virtio-1.2 5.1]: one queue each way. Everything is guarded by the lock of
 * the device's user; an interrupt only tells the user that there is something.
 *
 * A buffer to receive into is a block of the heap: struct rx, then the card's header, then the
 * frame, placed as dev/net.h wants it. Small frames are copied out of it, so that a program that
 * leaves them unread does not keep large blocks.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/guard.h>
#include <dev/net.h>
#include <dev/virtio.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <mem/heap.h>
#include <mem/linear.h>

LOG_MODULE(virtio_net);

#define F_MTU	 (UINT64_C(1) << 3)
#define F_MAC	 (UINT64_C(1) << 5)
#define F_STATUS (UINT64_C(1) << 16)

enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_MTU = 10 };
enum { QUEUE_RX, QUEUE_TX };

#define HEADER	   12 /* of each frame; with nothing offloaded, zeros */
#define RX_SIZE	   128
#define TX_SIZE	   256
#define SMALL	   384 /* frames that are copied */
#define FRAME_ROOM (HEADER + NET_FRAME_MAX)

struct rx {
	struct net_buffer buffer;
	bool posted; /* a full-sized block, for the card */
	uint8_t data[];
};

/* Where the card's header begins in `data`: the frame is then 2 behind a multiple of 4. */
#define RX_OFFSET(rx) ((2 - ((uintptr_t)(rx)->data + HEADER)) & 3)

struct card {
	struct net_device net;
	struct virtio_device *virtio;
	uint8_t *zeros; /* the header of all frames that are sent */
	struct rx *spare;
	bool failed;
};

static struct rx *rx_alloc(size_t room)
{
	struct rx *rx = heap_alloc(sizeof(*rx) + 3 + HEADER + room);

	if (rx)
		rx->buffer.frame = rx->data + RX_OFFSET(rx) + HEADER;
	return rx;
}

static bool rx_post(struct card *card, struct rx *rx)
{
	struct virtqueue_piece piece = {linear_physical(rx->buffer.frame - HEADER), FRAME_ROOM};

	rx->posted = true;
	rx->buffer.device = &card->net;
	card->net.kick_needed = true;
	return !virtqueue_add(&card->virtio->queues[QUEUE_RX].ring, &piece, 0, 1, rx);
}

/* As many as the queue takes. */
static void rx_fill(struct card *card)
{
	struct rx *rx;

	while ((rx = card->spare ? TAKE(card->spare) : rx_alloc(NET_FRAME_MAX)))
		if (!rx_post(card, rx)) {
			card->spare = rx;
			break;
		}
}

static void give_back(struct net_buffer *buffer)
{
	heap_free(CONTAINER_OF(buffer, struct rx, buffer));
}

/*
 * A frame is in the block: hand it up in a block of its own size, or hand up this one and get
 * another. Without memory the frame is lost and the block serves again.
 */
static void receive(struct card *card, struct rx *rx, uint32_t len)
{
	struct rx *copy = rx_alloc(len <= SMALL ? len : NET_FRAME_MAX);

	if (!copy) {
		card->net.dropped++;
	} else if (len <= SMALL) {
		memcpy(copy->buffer.frame, rx->buffer.frame, len);
	} else {
		struct rx *full = rx;

		rx = copy;
		copy = full;
	}
	if (!rx_post(card, rx))
		heap_free(rx);
	if (!copy)
		return;
	copy->buffer.device = &card->net;
	copy->buffer.len = len;
	card->net.frames_in++;
	card->net.received(&card->net, &copy->buffer);
}

static unsigned card_poll(struct net_device *net, unsigned most)
{
	struct card *card = net->driver;
	struct virtqueue *rx_ring = &card->virtio->queues[QUEUE_RX].ring;
	struct virtqueue *tx_ring = &card->virtio->queues[QUEUE_TX].ring;
	unsigned count = 0;
	uint32_t written;
	void *token;

	if (card->failed)
		return 0;
	virtqueue_interrupts_off(rx_ring);
	while ((token = virtqueue_take(tx_ring, &written)))
		net->sent(net, token);
	while (count < most && (token = virtqueue_take(rx_ring, &written))) {
		/* The card's word is only good for what it can have written. */
		if (written < HEADER + 14) {
			net->dropped++;
			if (!rx_post(card, token))
				heap_free(token);
		} else {
			receive(card, token, written - HEADER);
		}
		count++;
	}
	rx_fill(card);
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

static int card_send(struct net_device *net, const struct net_piece *pieces, unsigned count,
		     void *token)
{
	struct card *card = net->driver;
	struct virtqueue *ring = &card->virtio->queues[QUEUE_TX].ring;
	struct virtqueue_piece list[NET_PIECES_MAX + 1] = {{linear_physical(card->zeros), HEADER}};
	uint32_t written;
	void *done;
	int error;

	if (count > NET_PIECES_MAX)
		return -EMSGSIZE;
	if (card->failed)
		return -EIO;
	for (unsigned i = 0; i < count; i++)
		list[i + 1] = (struct virtqueue_piece){linear_physical(pieces[i].address),
						       pieces[i].len};
	if (ring->free_count < ring->size / 2u)
		while ((done = virtqueue_take(ring, &written)))
			net->sent(net, done);
	error = virtqueue_add(ring, list, count + 1, 0, token);
	if (error)
		return error;
	net->frames_out++;
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
}

static int card_start(struct net_device *net)
{
	struct card *card = net->driver;

	rx_fill(card);
	virtqueue_interrupts_off(&card->virtio->queues[QUEUE_TX].ring);
	virtio_start(card->virtio);
	card_kick(net);
	return 0;
}

static const struct net_device_ops card_ops = {
	.start = card_start,
	.send = card_send,
	.kick = card_kick,
	.poll = card_poll,
	.interrupts_on = card_interrupts_on,
	.give_back = give_back,
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

	if (!virtio_has(virtio, F_STATUS))
		return;
	card->net.link = virtio_config16(virtio, CONFIG_STATUS) & 1;
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
			 (virtio_config16(virtio, CONFIG_STATUS) & 1);
}

static int open_card(struct card *card)
{
	struct virtio_device *virtio = card->virtio;
	int error = virtio_negotiate(virtio, F_MAC | F_STATUS | F_MTU);

	if (!error)
		error = virtio_queue_open(virtio, QUEUE_RX, RX_SIZE, rx_done);
	if (!error)
		error = virtio_queue_open(virtio, QUEUE_TX, TX_SIZE, NULL);
	if (error)
		return error;
	read_config(card);
	return net_register(&card->net);
}

static int probe(struct virtio_device *virtio)
{
	struct card *card = heap_alloc_zeroed(sizeof(*card));
	int error = -ENOMEM;

	if (!card)
		return error;
	card->virtio = virtio;
	card->net.ops = &card_ops;
	card->net.driver = card;
	card->zeros = heap_alloc_zeroed(HEADER);
	virtio->driver_data = card;
	virtio->config_changed = config_changed;
	if (card->zeros)
		error = open_card(card);
	if (!error)
		return 0;
	virtio->driver_data = NULL;
	virtio->config_changed = NULL;
	virtio_give_up(virtio);
	heap_free(card->zeros);
	heap_free(card);
	return error;
}

VIRTIO_DRIVER(NET, net) = {.name = "virtio_net", .id = VIRTIO_ID_NET, .probe = probe};
