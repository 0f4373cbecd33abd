/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/net/virtio_net_control.c dev/virtio/core.c dev/virtio/queue.c dev/net.c lib/str.c lib/fmt.c
// flags: -Iinclude/arch/host -Iarch/host -I.
/*
 * The network driver against a card that is honest, or writes anything into its headers and rings.
 * What must hold: frames come and go unchanged; what is handed up can be read whole and is no
 * longer than agreed; a missing checksum lies within; buffers are neither lost nor taken twice.
 */
#include <errno.h>

#include <kernel/clock.h>
#include <kernel/timer.h>
#include <kernel/waitq.h>

#include "dev/net/virtio_net.c"
#include "dev/net/virtio_net_rx.c"
#include "set.h"
#include "unit.h"
#include "virtio_kernel.h"

UNIT_SET(virtio_driver, const struct virtio_driver, 1) = {{"virtio-net", VIRTIO_ID_NET, probe}};
UNIT_SET_END(virtio_driver, 24);

struct desc {
	uint64_t pa;
	uint32_t len;
	uint16_t flags, next;
};

struct ring {
	struct desc *table;
	uint16_t *avail, *used;
	uint16_t seen, done;
	unsigned size;
};

static struct {
	struct virtio_device device;
	uint64_t seed, features, accepted;
	uint8_t status;
	struct ring rings[2];
	unsigned notified;
} model;

static uint64_t draw(uint64_t below)
{
	return unit_random(&model.seed) % below;
}

void random_get(void *to, size_t size)
{
	memset(to, 0x5a, size);
}

static uint64_t m_features(struct virtio_device *device)
{
	(void)device;
	return model.features;
}

static void m_set_features(struct virtio_device *device, uint64_t features)
{
	(void)device;
	model.accepted = features;
}

static uint8_t m_status(struct virtio_device *device)
{
	(void)device;
	return model.status;
}

static void m_set_status(struct virtio_device *device, uint8_t status)
{
	(void)device;
	model.status = status;
}

static unsigned m_queue_size_max(struct virtio_device *device, unsigned index)
{
	(void)device;
	return index < 2 ? 256 : 0;
}

static int m_queue_open(struct virtio_device *device, unsigned index, unsigned size,
			uint64_t desc_pa, uint64_t avail_pa, uint64_t used_pa)
{
	(void)device;
	model.rings[index] = (struct ring){.table = linear_address(desc_pa),
					   .avail = linear_address(avail_pa),
					   .used = linear_address(used_pa),
					   .size = size};
	return 0;
}

static void m_notify(struct virtio_device *device, unsigned index)
{
	(void)device;
	model.notified |= 1u << index;
}

static uint32_t m_config_read(struct virtio_device *device, unsigned offset, unsigned width)
{
	(void)device, (void)offset, (void)width;
	return 1;
}

static uint32_t m_generation(struct virtio_device *device)
{
	(void)device;
	return 0;
}

static const struct virtio_transport m_transport = {
	.name = "model",
	.features = m_features,
	.set_features = m_set_features,
	.status = m_status,
	.set_status = m_set_status,
	.queue_size_max = m_queue_size_max,
	.queue_open = m_queue_open,
	.notify = m_notify,
	.config_read = m_config_read,
	.config_generation = m_generation,
};

static struct net_device *net;

/* What was received last, put together. */
static struct {
	unsigned count;
	uint32_t len;
	uint8_t bytes[NET_JOINED_MAX];
	bool right;
	uint16_t sum_start, sum_at;
} got;

static void on_received(struct net_device *device, struct net_buffer *buffer)
{
	CHECK(device == net && buffer->device == net);
	CHECK(((uintptr_t)buffer->frame & 3) == 2);
	got.count++;
	got.len = 0;
	got.right = buffer->sum_right;
	got.sum_start = buffer->sum_start, got.sum_at = buffer->sum_at;
	CHECK(!buffer->sum_start || buffer->sum_start + buffer->sum_at + 2u <= buffer->len);
	buffer->frame[-1] = buffer->frame[-2] = 0xee;
	while (buffer) {
		struct net_buffer *next = buffer->next;

		CHECK(buffer->len && got.len + buffer->len <= NET_JOINED_MAX);
		memcpy(got.bytes + got.len, buffer->frame, buffer->len);
		got.len += buffer->len;
		(void)*(volatile uint8_t *)(buffer->frame + buffer->len + NET_BEHIND - 1);
		memset(buffer->user, 0xdd, sizeof(buffer->user));
		net->ops->give_back(buffer);
		buffer = next;
	}
}

static unsigned sent_count;

static void on_sent(struct net_device *device, void *token)
{
	CHECK(device == net && token);
	sent_count++;
}

#define ALL                                                                                        \
	(VIRTIO_F_VERSION_1 | F_CSUM | F_GUEST_CSUM | F_HOST_TSO4 | F_HOST_TSO6 | F_GUEST_TSO4 |   \
	 F_GUEST_TSO6 | F_MRG_RXBUF | F_MAC | F_STATUS)

/* The card of dev/net.c's list is always this one. */
static struct card *card;
static unsigned steps;

static void begin(uint64_t seed, uint64_t features)
{
	memset(&model, 0, sizeof(model));
	model.seed = seed;
	model.features = features;
	model.device.transport = &m_transport;
	model.device.id = VIRTIO_ID_NET;
	card = heap_alloc_zeroed(sizeof(*card));
	card->virtio = &model.device;
	card->net.ops = &card_ops;
	card->net.driver = card;
	model.device.driver_data = card;
	(void)open_card(card); /* the list is full after some */
	net = &card->net;
	net->received = on_received;
	net->sent = on_sent;
	got.count = sent_count = 0;
	virtio_net_rx_open(card);
	CHECK(!net->ops->start(net));
}

static void end(void)
{
	while (block_count)
		free(blocks[--block_count]);
}

/* The card's next buffer for a frame that comes; NULL: it has none. */
static struct desc *next_room(uint16_t *head)
{
	struct ring *ring = &model.rings[QUEUE_RX];

	if (ring->avail[1] == ring->seen)
		return NULL;
	*head = ring->avail[2 + ring->seen++ % ring->size];
	return &ring->table[*head];
}

static void finish(struct ring *ring, unsigned ahead, uint16_t head, uint32_t len)
{
	uint32_t *entry = (uint32_t *)(void *)(ring->used + 2) +
			  (uint16_t)(ring->done + ahead) % ring->size * 2u;

	entry[0] = head;
	entry[1] = len;
}

/* An honest card brings a frame: as many buffers as it takes. */
static void bring(const struct virtio_net_header *header, const uint8_t *frame, uint32_t len)
{
	struct ring *ring = &model.rings[QUEUE_RX];
	struct virtio_net_header *first = NULL, copy = *header;
	unsigned count = 0;
	uint32_t at = 0;

	while (at < len || !count) {
		uint16_t head = 0;
		struct desc *room = next_room(&head);
		uint32_t ahead = count ? 0 : HEADER, n;

		CHECK(room && room->flags == 2);
		n = MIN(room->len - ahead, len - at);
		memcpy((uint8_t *)linear_address(room->pa) + ahead, frame + at, n);
		if (!count)
			first = linear_address(room->pa);
		finish(ring, count++, head, n + ahead);
		at += n;
	}
	copy.buffers = (uint16_t)count;
	memcpy(first, &copy, HEADER);
	ring->done = (uint16_t)(ring->done + count);
	ring->used[1] = ring->done;
}

static uint8_t frame[NET_JOINED_MAX];

TEST(frames_of_all_lengths)
{
	for (unsigned features = 0; features < 2; features++) {
		CHECK_IN(begin(features, features ? ALL : VIRTIO_F_VERSION_1));
		CHECK(net->offers == (features ? NET_SUM | NET_TSO4 | NET_TSO6 : 0));
		for (unsigned i = 0; i < 5000; i++) {
			struct virtio_net_header header = {0};
			bool joined = features && draw(3) == 0;
			uint32_t len =
				14 + (uint32_t)draw((joined ? NET_JOINED_MAX : NET_FRAME_MAX) - 13);

			for (uint32_t k = 0; k < len; k += 7)
				frame[k] = (uint8_t)draw(256);
			if (joined)
				header.gso = draw(2) ? GSO_TCP4 : GSO_TCP6, header.segment = 1448;
			if (len > 60 && draw(2)) {
				header.flags = HEADER_NEEDS_SUM;
				header.sum_start = 34, header.sum_at = 16;
			} else if (draw(2)) {
				header.flags = HEADER_DATA_VALID;
			}
			CHECK_IN(bring(&header, frame, len));
			CHECK(net->ops->poll(net, 64) == 1);
			CHECK(got.count == i + 1 && got.len == len &&
			      !memcmp(got.bytes, frame, len));
			/* What was not negotiated does not count. */
			CHECK(got.right == (features && header.flags == HEADER_DATA_VALID));
			CHECK(got.sum_start ==
			      (features && header.flags == HEADER_NEEDS_SUM ? 34 : 0));
		}
		CHECK(!net->dropped);
		end();
	}
}

/* One header that cannot be: the frame is dropped, its buffers are posted again. */
static void refused(uint64_t features, struct virtio_net_header header, uint32_t len)
{
	CHECK_IN(begin(1, features));
	CHECK_IN(bring(&header, frame, len));
	CHECK(net->ops->poll(net, 64) == 1);
	CHECK(!got.count && net->dropped == 1);
	for (unsigned i = 0; i < 300; i++) {
		CHECK_IN(bring(&(struct virtio_net_header){0}, frame, 60));
		CHECK(net->ops->poll(net, 64) == 1);
	}
	CHECK(got.count == 300);
	end();
}

TEST(headers_that_cannot_be)
{
	const struct virtio_net_header joined = {.gso = GSO_TCP4, .segment = 1448};

	CHECK_IN(refused(ALL, (struct virtio_net_header){.flags = 1, .sum_start = 34, .sum_at = 25},
			 60));
	CHECK_IN(refused(
		ALL, (struct virtio_net_header){.flags = 1, .sum_start = 0xffff, .sum_at = 0xffff},
		1500));
	CHECK_IN(refused(ALL, (struct virtio_net_header){.flags = 1, .sum_start = 13}, 60));
	CHECK_IN(refused(ALL, (struct virtio_net_header){.gso = GSO_TCP4}, 3000));
	CHECK_IN(refused(ALL, (struct virtio_net_header){.gso = 3, .segment = 1448}, 3000));
	CHECK_IN(refused(ALL, (struct virtio_net_header){.gso = 0x81, .segment = 9}, 3000));
	CHECK_IN(refused(ALL, (struct virtio_net_header){.gso = GSO_NONE}, 3000));
	CHECK_IN(refused(ALL & ~F_GUEST_TSO4, joined, 3000));
	CHECK_IN(refused(VIRTIO_F_VERSION_1, joined, 1400));
	CHECK_IN(refused(ALL, (struct virtio_net_header){0}, 13));
	CHECK_IN(refused(ALL, (struct virtio_net_header){0}, 0));
}

/* Long segments are not asked of a card that could not place them. */
TEST(what_is_negotiated)
{
	CHECK_IN(begin(1, ALL & ~F_MRG_RXBUF));
	CHECK(!(model.accepted & (F_GUEST_TSO4 | F_GUEST_TSO6)));
	end();
	CHECK_IN(begin(1, ALL & ~F_GUEST_CSUM));
	CHECK(!(model.accepted & (F_GUEST_TSO4 | F_GUEST_TSO6)));
	end();
	CHECK_IN(begin(1, ALL & ~F_CSUM));
	CHECK(!net->offers);
	end();
	CHECK_IN(begin(1, ALL));
	CHECK(model.accepted & F_GUEST_TSO4);
	end();
}

TEST(what_is_sent)
{
	static uint8_t room[2][2000];
	struct net_piece pieces[] = {{room[0] + NET_HEADROOM, 100}, {room[1], 1900}};
	struct net_frame out = {pieces, 2, room, 34, 16, 1448, 54, true};
	struct ring *ring = &model.rings[QUEUE_TX];
	struct virtio_net_header *header;

	CHECK_IN(begin(3, ALL));
	for (unsigned i = 0; i < 1000; i++) {
		struct desc *first, *second;

		CHECK(!net->ops->send(net, &out));
		model.notified = 0;
		net->ops->kick(net);
		CHECK(model.notified & 1u << QUEUE_TX);
		first = &ring->table[ring->avail[2 + ring->seen++ % ring->size]];
		second = &ring->table[first->next];
		header = linear_address(first->pa);
		CHECK(first->len == 100 + HEADER && first->flags == 1 && second->len == 1900 &&
		      !second->flags);
		CHECK(header->flags == 1 && header->sum_start == 34 && header->sum_at == 16 &&
		      header->gso == GSO_TCP6 && header->segment == 1448 && header->headers == 54);
		finish(ring, 0, (uint16_t)(first - ring->table), 0);
		ring->used[1] = ++ring->done;
		(void)net->ops->poll(net, 1);
		CHECK(sent_count == i + 1 && net->room == TX_SIZE);
	}
	while (!net->ops->send(net, &out))
		;
	CHECK(net->room < 2 && net->ops->send(net, &out) == -ENOSPC);
	out.count = NET_PIECES_MAX + 1;
	CHECK(net->ops->send(net, &out) == -EMSGSIZE);
	end();
}

/* Any header, any length, any order, and now and then a ring that is nonsense. */
static void hostile(uint64_t seed)
{
	struct ring *ring = &model.rings[QUEUE_RX];

	CHECK_IN(begin(seed, ALL | (seed & 1 ? VIRTIO_F_EVENT_IDX : 0)));
	for (unsigned step = 0; step < 400 && !card->failed; step++, steps++) {
		unsigned several = 1 + (unsigned)draw(20), most = 1 + (unsigned)draw(8), n = 0;

		for (uint16_t head; n < several; n++) {
			struct desc *room = next_room(&head);
			struct virtio_net_header *header;

			if (!room)
				break;
			header = linear_address(room->pa);
			for (unsigned k = 0; k < HEADER; k++)
				((uint8_t *)header)[k] = (uint8_t)draw(256);
			if (draw(2))
				header->gso = (uint8_t)(draw(3) * draw(3));
			if (draw(2))
				header->sum_start = (uint16_t)draw(2000),
				header->sum_at = (uint16_t)draw(30);
			if (draw(4))
				header->buffers = (uint16_t)draw(draw(2) ? 4 : 24);
			finish(ring, n, draw(4000) ? head : (uint16_t)draw(300),
			       draw(3) ? (uint32_t)draw(room->len + 1)
				       : (uint32_t)unit_random(&model.seed));
		}
		ring->done = (uint16_t)(ring->done + n);
		ring->used[1] = ring->done;
		if (!draw(4000))
			ring->used[1] = (uint16_t)draw(65536);
		(void)net->ops->poll(net, most);
		CHECK(block_count <= RX_SIZE + 8);
	}
	end();
}

TEST(a_card_that_lies)
{
	for (uint64_t seed = 0; seed < 300; seed++)
		CHECK_IN(hostile(seed));
	CHECK(steps > 10000);
}
