/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/net.c lib/str.c lib/fmt.c
// flags: -Iinclude/arch/host -Iarch/host -I.
/*
 * The driver of Intel's card against one that is honest, or writes anything into its descriptors.
 * What must hold: frames come and go unchanged; what is handed up can be read whole and is no
 * longer than a frame; buffers are neither lost nor taken twice, and tokens come back once.
 */
#include <errno.h>

#include <kernel/clock.h>
#include <kernel/timer.h>
#include <kernel/waitq.h>

#include "set.h"
#include "unit.h"

#include "dev/net/e1000e.c"

static void tick(void);
#define clock_monotonic_ns clock_of_kernel
#include "virtio_kernel.h"
#undef clock_monotonic_ns

uint64_t clock_monotonic_ns(void)
{
	tick();
	return clock_of_kernel();
}

static uint64_t seed;
static uint32_t regs[REGS_SIZE / 4];
static struct pci_device pci;
static irq_handler *handler;
static void *handler_arg;
static bool never_reset;

static uint64_t draw(uint64_t below)
{
	return unit_random(&seed) % below;
}

uint64_t frame_alloc_zeroed(void)
{
	uint64_t pa = frame_alloc_contiguous(1, 1);

	memset(linear_address(pa), 0, 4096);
	return pa;
}

void frame_free(uint64_t pa)
{
	frame_free_contiguous(pa, 1);
}

volatile void *pci_map(const struct pci_device *device, unsigned bar, uint64_t offset, uint64_t len)
{
	(void)device, (void)bar, (void)offset;
	return len <= sizeof(regs) ? regs : NULL;
}

int pci_irq_open(struct pci_device *device, unsigned wanted)
{
	(void)device;
	return (int)wanted;
}

int pci_irq_attach(struct pci_device *device, unsigned index, irq_handler *what, void *arg,
		   const char *name)
{
	(void)device, (void)index, (void)name;
	handler = what;
	handler_arg = arg;
	return 0;
}

void pci_irq_close(struct pci_device *device)
{
	(void)device;
}

void pci_master_on(const struct pci_device *device)
{
	(void)device;
}

void pci_master_off(const struct pci_device *device)
{
	(void)device;
}

/* The reset ends when the driver looks at the time. */
static void tick(void)
{
	if (!never_reset)
		regs[CTRL / 4] &= ~CTRL_RESET;
}

static struct card *card;
static unsigned got, sent, woken;
static uint32_t got_len;
static uint8_t got_bytes[NET_FRAME_MAX];

static void on_received(struct net_device *device, struct net_buffer *buffer)
{
	CHECK(device == &card->net && buffer->device == device && !buffer->next);
	CHECK(((uintptr_t)buffer->frame & 3) == 2);
	CHECK(buffer->len >= 14 && buffer->len <= NET_FRAME_MAX);
	CHECK(!buffer->sum_right && !buffer->sum_start);
	got++;
	got_len = buffer->len;
	memcpy(got_bytes, buffer->frame, buffer->len);
	buffer->frame[-1] = buffer->frame[-2] = 0xee;
	(void)*(volatile uint8_t *)(buffer->frame + buffer->len + NET_BEHIND - 1);
	memset(buffer->user, 0xdd, sizeof(buffer->user));
	device->ops->give_back(buffer);
}

static uint8_t tokens[600];

static void on_sent(struct net_device *device, void *token)
{
	uint8_t *which = token;

	CHECK(device == &card->net && which >= tokens && which < tokens + sizeof(tokens) && *which);
	*which = 0;
	sent++;
}

static void on_wake(struct net_device *device)
{
	(void)device;
	woken++;
}

static void begin(uint64_t number)
{
	seed = number;
	memset(regs, 0, sizeof(regs));
	memset(tokens, 0, sizeof(tokens));
	regs[ADDRESS / 4] = 0x03020100, regs[ADDRESS / 4 + 1] = 0x80000504;
	regs[STATUS / 4] = STATUS_LINK;
	got = sent = 0;
	card = heap_alloc_zeroed(sizeof(*card));
	card->pci = &pci;
	card->net.ops = &ops;
	card->net.driver = card;
	card->net.room = RING - 1;
	(void)open_card(card); /* the list is full after some */
	card->net.received = on_received;
	card->net.sent = on_sent;
	card->net.wake = on_wake;
	CHECK(!memcmp(card->net.mac, (const uint8_t[]){0, 1, 2, 3, 4, 5}, 6) && card->net.link);
	CHECK(!ops.start(&card->net));
	CHECK(ring_used(&card->rx) == RING - 1);
}

static void end(void)
{
	while (block_count)
		free(blocks[--block_count]);
}

/* The card's next buffer, written as it likes. */
static void bring(unsigned at, const uint8_t *frame, uint16_t len, uint8_t status, uint8_t errors)
{
	struct descriptor *descriptor = &card->rx.descriptors[at % RING];

	if (frame)
		memcpy(linear_address(descriptor->pa), frame, MIN(len, (uint16_t)ROOM));
	descriptor->len = len;
	descriptor->errors = errors;
	descriptor->status = status;
}

TEST(frames_of_all_lengths)
{
	static uint8_t frame[NET_FRAME_MAX];

	CHECK_IN(begin(1));
	for (unsigned i = 0; i < 3000; i++) {
		uint16_t len = (uint16_t)(14 + draw(NET_FRAME_MAX - 13));

		for (unsigned k = 0; k < len; k += 5)
			frame[k] = (uint8_t)draw(256);
		CHECK_IN(bring(card->rx.head, frame, len, DONE | STATUS_WHOLE, 0));
		CHECK(ops.poll(&card->net, 64) == 1 && got == i + 1);
		CHECK(got_len == len && !memcmp(got_bytes, frame, len));
		ops.kick(&card->net);
		CHECK(regs[(RX_RING + RING_TAIL) / 4] == card->rx.tail);
	}
	CHECK(!card->net.dropped && ring_used(&card->rx) == RING - 1);
	end();
}

TEST(what_is_sent)
{
	static uint8_t room[2][1000];
	struct net_piece pieces[] = {{room[0] + NET_HEADROOM, 100}, {room[1], 900}};
	struct net_frame out = {.pieces = pieces, .count = 2};

	CHECK_IN(begin(2));
	for (unsigned i = 0; i < 2000; i++) {
		unsigned first = card->tx.tail;

		out.token = &tokens[i % 600];
		tokens[i % 600] = 1;
		CHECK(!ops.send(&card->net, &out));
		CHECK(card->tx.descriptors[first].len == 100 &&
		      card->tx.descriptors[first].command == COMMAND_PART);
		CHECK(card->tx.descriptors[(first + 1) % RING].command == COMMAND_LAST);
		card->tx.descriptors[first].status = DONE;
		(void)ops.poll(&card->net, 1);
		CHECK(sent == i); /* the rest is the card's still */
		card->tx.descriptors[(first + 1) % RING].status = DONE;
		(void)ops.poll(&card->net, 1);
		CHECK(sent == i + 1 && card->net.room == RING - 1);
	}
	for (unsigned i = 0; !ops.send(&card->net, &out); i++)
		CHECK(i < RING);
	CHECK(ops.send(&card->net, &out) == -ENOSPC);
	out.count = NET_PIECES_MAX + 1;
	CHECK(ops.send(&card->net, &out) == -EMSGSIZE);
	out.count = 0;
	CHECK(ops.send(&card->net, &out) == -EMSGSIZE);
	end();
}

TEST(a_card_that_never_resets)
{
	struct card other = {.pci = &pci};

	never_reset = true;
	CHECK(open_card(&other) == -EIO);
	never_reset = false;
}

/* Anything in any descriptor and register, at any time. */
static void hostile(uint64_t number)
{
	static uint8_t room[64][64];
	struct net_piece pieces[64];
	struct net_frame out = {.pieces = pieces};

	CHECK_IN(begin(number));
	for (unsigned i = 0; i < 64; i++)
		pieces[i] = (struct net_piece){room[i], 60};
	for (unsigned step = 0; step < 300; step++) {
		for (uint64_t n = draw(20); n; n--) {
			struct ring *ring = draw(3) ? &card->rx : &card->tx;
			struct descriptor *any =
				&ring->descriptors[draw(3) ? (ring->head + draw(8)) % RING
							   : draw(RING)];

			any->status = (uint8_t)draw(256);
			any->errors = draw(3) ? 0 : (uint8_t)draw(256);
			any->len = (uint16_t)draw(draw(2) ? 1600 : 65536);
			if (!draw(4))
				any->pa = unit_random(&seed); /* it is told where once */
		}
		out.count = 1 + (unsigned)draw(64);
		out.token = &tokens[draw(sizeof(tokens))];
		if (!*(uint8_t *)out.token) {
			*(uint8_t *)out.token = 1;
			if (ops.send(&card->net, &out))
				*(uint8_t *)out.token = 0;
		}
		regs[draw(ARRAY_SIZE(regs))] = (uint32_t)unit_random(&seed);
		if (draw(2))
			handler(handler_arg);
		CHECK(ops.poll(&card->net, 1 + (unsigned)draw(64)) <= 64);
		ops.kick(&card->net);
		(void)ops.interrupts_on(&card->net);
		CHECK(ring_used(&card->rx) == RING - 1 && card->net.room < RING);
		CHECK(block_count == 3 + RING - 1); /* the card, two rings, the buffers */
	}
	end();
}

TEST(a_card_that_lies)
{
	for (uint64_t number = 0; number < 200; number++)
		CHECK_IN(hostile(number));
	CHECK(got && woken);
}
