/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving by virtio [virtio-1.2 5.1.6.3, 5.1.6.4]. A buffer is a block of the heap: struct rx,
 * then what the device writes, placed so that a frame behind the device's header lies as dev/net.h
 * wants it. A long frame lies in several buffers, the header in the first. Small frames are copied
 * out, so that a program that leaves them unread does not keep large blocks.
 *
 * All that the device writes is looked at once and checked: lengths, the number of buffers, where a
 * checksum is missing. A frame that cannot be is dropped.
 */
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/guard.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "virtio_net.h"

#define ETHERNET  14
#define SMALL	  384 /* frames that are copied */
#define PARTS_MAX 20  /* buffers of one frame */

struct rx {
	struct net_buffer buffer;
	uint8_t data[];
};

/* A block of the heap that fills its frame of memory. */
#define BLOCK	   (PAGE_SIZE - 64)
#define SLACK	   (sizeof(struct rx) + 3 + NET_BEHIND)
#define ROOM_WHOLE (HEADER + NET_FRAME_MAX)
#define ROOM_PARTS (BLOCK - SLACK)

STATIC_ASSERT(ROOM_PARTS >= ROOM_WHOLE);
STATIC_ASSERT(ROOM_PARTS *PARTS_MAX >= HEADER + NET_JOINED_MAX);

/* Where the device writes: the frame is then 2 behind a multiple of 4. */
static uint8_t *rx_start(struct rx *rx)
{
	return rx->data + ((2 - ((uintptr_t)rx->data + HEADER)) & 3);
}

static struct rx *rx_alloc(size_t room)
{
	return heap_alloc(SLACK + room);
}

void virtio_net_rx_free(struct net_buffer *buffer)
{
	heap_free(CONTAINER_OF(buffer, struct rx, buffer));
}

void virtio_net_rx_open(struct card *card)
{
	card->room = virtio_has(card->virtio, F_GUEST_TSO4 | F_GUEST_TSO6) ? ROOM_PARTS
									   : ROOM_WHOLE;
}

static bool rx_post(struct card *card, struct rx *rx)
{
	struct virtqueue_piece piece = {linear_physical(rx_start(rx)), card->room};

	card->net.kick_needed = true;
	return !virtqueue_add(&card->virtio->queues[QUEUE_RX].ring, &piece, 0, 1, rx);
}

static void rx_return(struct card *card, struct rx *rx)
{
	if (!rx_post(card, rx))
		heap_free(rx);
}

void virtio_net_rx_fill(struct card *card)
{
	struct rx *rx;

	while ((rx = card->spare ? TAKE(card->spare) : rx_alloc(card->room)))
		if (!rx_post(card, rx)) {
			card->spare = rx;
			break;
		}
}

/* The buffers of one frame, first to last. */
struct parts {
	struct rx *rx[PARTS_MAX];
	uint32_t written[PARTS_MAX];
	unsigned count;
	uint32_t len; /* of the frame */
};

/*
 * What the header says of checksums and segments, into the first buffer. False: what it says cannot
 * be, or was not asked for.
 */
static bool accept(const struct card *card, const struct virtio_net_header *header,
		   const struct parts *parts)
{
	struct net_buffer *first = &parts->rx[0]->buffer;
	uint64_t needed = header->gso == GSO_TCP4   ? F_GUEST_TSO4
			  : header->gso == GSO_TCP6 ? F_GUEST_TSO6
						    : 0;

	if (first->len < ETHERNET)
		return false;
	if (header->gso != GSO_NONE && (!virtio_has(card->virtio, needed) || !header->segment))
		return false;
	if (parts->len > (header->gso == GSO_NONE ? NET_FRAME_MAX : NET_JOINED_MAX))
		return false;
	first->sum_right = false;
	first->sum_start = first->sum_at = 0;
	if (!virtio_has(card->virtio, F_GUEST_CSUM))
		return header->gso == GSO_NONE;
	if (header->flags & HEADER_NEEDS_SUM) {
		if (header->sum_start < ETHERNET ||
		    (uint32_t)header->sum_start + header->sum_at + 2 > first->len)
			return false;
		first->sum_start = header->sum_start;
		first->sum_at = header->sum_at;
	}
	first->sum_right = header->flags & HEADER_DATA_VALID;
	return true;
}

/* The buffers go up; others take their place. False: there is no memory for that. */
static bool hand_up(struct card *card, struct parts *parts)
{
	struct rx *others[PARTS_MAX];

	for (unsigned i = 0; i < parts->count; i++) {
		others[i] = card->spare ? TAKE(card->spare) : rx_alloc(card->room);
		if (!others[i]) {
			while (i--)
				heap_free(others[i]);
			return false;
		}
	}
	for (unsigned i = 0; i < parts->count; i++)
		rx_return(card, others[i]);
	for (unsigned i = 0; i < parts->count; i++)
		parts->rx[i]->buffer.next = i + 1 < parts->count ? &parts->rx[i + 1]->buffer : NULL;
	card->net.frames_in++;
	card->net.received(&card->net, &parts->rx[0]->buffer);
	return true;
}

static bool copy_up(struct card *card, struct rx *rx)
{
	struct rx *copy = rx_alloc(HEADER + rx->buffer.len);

	if (!copy)
		return false;
	copy->buffer = rx->buffer;
	copy->buffer.frame = rx_start(copy) + HEADER;
	memcpy(copy->buffer.frame, rx->buffer.frame, rx->buffer.len);
	rx_return(card, rx);
	card->net.frames_in++;
	card->net.received(&card->net, &copy->buffer);
	return true;
}

/* The rest of a frame; false: it is not there, or too much. */
static bool take_rest(struct card *card, struct parts *parts, unsigned count)
{
	struct virtqueue *ring = &card->virtio->queues[QUEUE_RX].ring;

	if (!count || count > PARTS_MAX)
		return false;
	while (parts->count < count) {
		uint32_t written;
		struct rx *rx = virtqueue_take(ring, &written);

		if (!rx)
			return false;
		rx->buffer.frame = rx_start(rx);
		rx->buffer.len = written;
		rx->buffer.device = &card->net;
		parts->rx[parts->count++] = rx;
		parts->len += written;
		if (!written)
			return false;
	}
	return true;
}

/* A frame that begins in this buffer. */
static bool receive(struct card *card, struct rx *rx, uint32_t written)
{
	struct parts parts = {.rx = {rx}, .count = 1};
	struct virtio_net_header header;
	bool good = false;

	if (written >= HEADER) {
		memcpy(&header, rx_start(rx), HEADER);
		rx->buffer.frame = rx_start(rx) + HEADER;
		rx->buffer.len = parts.len = written - HEADER;
		rx->buffer.device = &card->net;
		rx->buffer.next = NULL;
		good = (!virtio_has(card->virtio, F_MRG_RXBUF) ||
			take_rest(card, &parts, header.buffers)) &&
		       accept(card, &header, &parts);
	}
	if (good && header.gso != GSO_NONE)
		card->net.joined_in++;
	if (good &&
	    (parts.len <= SMALL && parts.count == 1 ? copy_up(card, rx) : hand_up(card, &parts)))
		return true;
	for (unsigned i = 0; i < parts.count; i++)
		rx_return(card, parts.rx[i]);
	card->net.dropped++;
	return false;
}

unsigned virtio_net_rx_take(struct card *card, unsigned most)
{
	struct virtqueue *ring = &card->virtio->queues[QUEUE_RX].ring;
	uint32_t written;
	unsigned count;
	void *token;

	for (count = 0; count < most && (token = virtqueue_take(ring, &written)); count++)
		(void)receive(card, token, written);
	return count;
}
