/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel's 82574 Gigabit Ethernet controller [82574 datasheet], one queue each way, with descriptors
 * of the legacy kind (sections 7.1.4, 7.2.10). Everything is guarded by the lock of the device's
 * user; interrupts only mask themselves and wake it. Checksums are the user's.
 *
 * Descriptors are memory that the device writes, too: what it says in them is looked at once, and
 * only in those that are on their way.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>
#include <base/guard.h>
#include <dev/mmio.h>
#include <dev/net.h>
#include <dev/pci.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

LOG_MODULE_IF(NET, e1000e);

/* Registers [82574 10.2]. */
#define CTRL	    0x0000
#define CTRL_UP	    (1u << 6)
#define CTRL_RESET  (1u << 26)
#define STATUS	    0x0008
#define STATUS_LINK (1u << 1)
#define ICR	    0x00c0
#define IMS	    0x00d0
#define IMC	    0x00d8
#define INT_LINK    (1u << 2)
#define INT_RX	    (1u << 4 | 1u << 6 | 1u << 7) /* threshold, overrun, timer */
#define INT_RX_MSIX (1u << 20)
#define INT_OTHER   (1u << 24)
#define INT_MINE    (1u << 31)
#define IVAR	    0x00e4
#define IVAR_ALL    0x88888 /* all causes, valid, at message 0 */
#define RCTL	    0x0100
#define RCTL_ON	    (1u << 1 | 1u << 4 | 1u << 15 | 1u << 26) /* groups, broadcast, no CRC */
#define TCTL	    0x0400
#define TCTL_ON	    (1u << 1 | 1u << 3 | 0x0fu << 4 | 0x3fu << 12)
#define TIPG	    0x0410
#define TIPG_COPPER (8u | 8u << 10 | 6u << 20)
#define RX_RING	    0x2800
#define TX_RING	    0x3800
#define RING_LOW    0x00
#define RING_HIGH   0x04
#define RING_BYTES  0x08
#define RING_HEAD   0x10
#define RING_TAIL   0x18
#define TXDCTL	    0x3828
#define TXDCTL_ON   (1u << 24 | 1u << 22)
#define GROUPS	    0x5200 /* 128 words */
#define ADDRESS	    0x5400
#define REGS_SIZE   0x6000

#define RESET_NS (NS_PER_S / 2)

#define DONE	     1		 /* status */
#define STATUS_WHOLE 2		 /* of a received frame: it ends here */
#define COMMAND_LAST (1 | 2 | 8) /* the frame ends, add its CRC, tell when done */
#define COMMAND_PART 8

struct descriptor {
	uint64_t pa;
	uint16_t len;
	uint8_t offset, command; /* sending; a checksum, receiving */
	uint8_t status, errors;
	uint16_t special;
};

#define RING  256 /* a frame of memory */
#define ROOM  2048
#define SMALL 384 /* frames that are copied */
STATIC_ASSERT(RING * sizeof(struct descriptor) == 4096);

struct rx {
	struct net_buffer buffer;
	uint8_t data[];
};

struct ring {
	struct descriptor *descriptors;
	void *tokens[RING]; /* what is on its way; sending: at the last piece of a frame */
	unsigned head, tail;
};

struct card {
	struct net_device net;
	struct pci_device *pci;
	volatile void *regs;
	struct ring rx, tx;
	bool posted; /* the tail of the ring to receive has moved */
};

static unsigned ring_used(const struct ring *ring)
{
	return (ring->tail - ring->head) % RING;
}

/* The device's part of a descriptor, before what else it wrote is looked at. */
static bool is_done(const struct ring *ring)
{
	return ring_used(ring) &&
	       __atomic_load_n(&ring->descriptors[ring->head].status, __ATOMIC_ACQUIRE) & DONE;
}

static void tell_tail(struct card *card, unsigned base, const struct ring *ring)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	mmio_write32(card->regs, base + RING_TAIL, ring->tail);
}

/* --- receiving -------------------------------------------------------------------------------- */

static struct rx *rx_alloc(size_t room)
{
	struct rx *rx = heap_alloc(sizeof(*rx) + 3 + room + NET_BEHIND);

	if (rx)
		rx->buffer.frame = rx->data + ((2 - (uintptr_t)rx->data) & 3);
	return rx;
}

static void give_back(struct net_buffer *buffer)
{
	heap_free(CONTAINER_OF(buffer, struct rx, buffer));
}

/* There is room: the ring is never filled to its last descriptor. */
static void rx_post(struct card *card, struct rx *rx)
{
	struct ring *ring = &card->rx;

	ring->tokens[ring->tail] = rx;
	ring->descriptors[ring->tail] =
		(struct descriptor){.pa = linear_physical(rx->buffer.frame)};
	ring->tail = (ring->tail + 1) % RING;
	card->net.kick_needed = card->posted = true;
}

static void rx_fill(struct card *card)
{
	struct rx *rx;

	while (ring_used(&card->rx) < RING - 1 && (rx = rx_alloc(ROOM)))
		rx_post(card, rx);
}

/* The frame goes up in a block of its own size, or in this one, and another takes its place. */
static bool hand_up(struct card *card, struct rx *rx, uint32_t len)
{
	bool small = len <= SMALL;
	struct rx *other = rx_alloc(small ? len : ROOM), *up = small ? other : rx;

	if (!other)
		return false;
	if (small)
		memcpy(other->buffer.frame, rx->buffer.frame, len);
	rx_post(card, small ? rx : other);
	up->buffer =
		(struct net_buffer){.device = &card->net, .frame = up->buffer.frame, .len = len};
	card->net.frames_in++;
	card->net.received(&card->net, &up->buffer);
	return true;
}

static void rx_take(struct card *card)
{
	struct ring *ring = &card->rx;
	const struct descriptor *descriptor = &ring->descriptors[ring->head];
	uint8_t status = READ_ONCE(descriptor->status), errors = READ_ONCE(descriptor->errors);
	uint16_t len = READ_ONCE(descriptor->len);
	struct rx *rx = TAKE(ring->tokens[ring->head]);

	ring->head = (ring->head + 1) % RING;
	if (status & STATUS_WHOLE && !errors && len >= 14 && len <= NET_FRAME_MAX &&
	    hand_up(card, rx, len))
		return;
	card->net.dropped++;
	rx_post(card, rx);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void take_sent(struct card *card)
{
	struct ring *ring = &card->tx;

	while (is_done(ring)) {
		void *token = TAKE(ring->tokens[ring->head]);

		ring->head = (ring->head + 1) % RING;
		if (token)
			card->net.sent(&card->net, token);
	}
	card->net.room = RING - 1 - ring_used(ring);
}

static int card_send(struct net_device *net, const struct net_frame *frame)
{
	struct card *card = net->driver;
	struct ring *ring = &card->tx;

	if (!frame->count || frame->count > NET_PIECES_MAX || frame->sum_start || frame->segment)
		return -EMSGSIZE;
	if (frame->count > net->room)
		return -ENOSPC;
	for (unsigned i = 0; i < frame->count; i++) {
		bool last = i + 1 == frame->count;

		ring->descriptors[ring->tail] = (struct descriptor){
			.pa = linear_physical(frame->pieces[i].address),
			.len = (uint16_t)frame->pieces[i].len,
			.command = last ? COMMAND_LAST : COMMAND_PART,
		};
		ring->tokens[ring->tail] = last ? frame->token : NULL;
		ring->tail = (ring->tail + 1) % RING;
	}
	net->room -= frame->count;
	net->frames_out++;
	net->kick_needed = true;
	return 0;
}

static void card_kick(struct net_device *net)
{
	struct card *card = net->driver;

	net->kick_needed = false;
	if (card->posted)
		tell_tail(card, RX_RING, &card->rx);
	card->posted = false;
	if (net->room < RING - 1)
		tell_tail(card, TX_RING, &card->tx);
	if (net->room < RING / 2)
		take_sent(card);
}

/* --- the card --------------------------------------------------------------------------------- */

static unsigned card_poll(struct net_device *net, unsigned most)
{
	struct card *card = net->driver;
	unsigned count = 0;

	take_sent(card);
	for (; count < most && is_done(&card->rx); count++)
		rx_take(card);
	rx_fill(card);
	return count;
}

static bool link_is_up(const struct card *card)
{
	return mmio_read32(card->regs, STATUS) & STATUS_LINK;
}

/* What came while they were off may not interrupt any more: it is looked for behind that. */
static bool card_interrupts_on(struct net_device *net)
{
	struct card *card = net->driver;
	bool before = net->link;

	mmio_write32(card->regs, IMS, INT_RX | INT_LINK | INT_RX_MSIX | INT_OTHER);
	net->link = link_is_up(card);
	return net->link != before || is_done(&card->rx);
}

/* The line may be shared. Masked until the user has taken what there is. */
static void interrupt(void *arg)
{
	struct card *card = arg;
	uint32_t causes = mmio_read32(card->regs, ICR);

	if (card->pci->irq_kind == PCI_IRQ_INTX && !(causes & INT_MINE))
		return;
	mmio_write32(card->regs, IMC, ~0u);
	mmio_write32(card->regs, ICR, causes);
	if (causes & INT_LINK)
		card->net.link = link_is_up(card);
	if (card->net.wake)
		card->net.wake(&card->net);
}

static void open_ring(struct card *card, unsigned base, const struct ring *ring)
{
	uint64_t pa = linear_physical(ring->descriptors);

	mmio_write32(card->regs, base + RING_LOW, (uint32_t)pa);
	mmio_write32(card->regs, base + RING_HIGH, (uint32_t)(pa >> 32));
	mmio_write32(card->regs, base + RING_BYTES, RING * sizeof(struct descriptor));
	mmio_write32(card->regs, base + RING_HEAD, 0);
	mmio_write32(card->regs, base + RING_TAIL, 0);
}

static int card_start(struct net_device *net)
{
	struct card *card = net->driver;

	open_ring(card, RX_RING, &card->rx);
	open_ring(card, TX_RING, &card->tx);
	mmio_write32(card->regs, TXDCTL, TXDCTL_ON);
	mmio_write32(card->regs, TIPG, TIPG_COPPER);
	mmio_write32(card->regs, TCTL, TCTL_ON);
	mmio_write32(card->regs, RCTL, RCTL_ON);
	rx_fill(card);
	card_kick(net);
	return 0;
}

static const struct net_device_ops ops = {
	.start = card_start,
	.send = card_send,
	.kick = card_kick,
	.poll = card_poll,
	.interrupts_on = card_interrupts_on,
	.give_back = give_back,
};

static int reset(struct card *card)
{
	uint64_t end = clock_monotonic_ns() + RESET_NS;
	uint32_t low, high;

	mmio_write32(card->regs, IMC, ~0u);
	mmio_write32(card->regs, CTRL, mmio_read32(card->regs, CTRL) | CTRL_RESET);
	while (mmio_read32(card->regs, CTRL) & CTRL_RESET)
		if (clock_monotonic_ns() > end)
			return -EIO;
	mmio_write32(card->regs, IMC, ~0u);
	(void)mmio_read32(card->regs, ICR);
	mmio_write32(card->regs, CTRL, mmio_read32(card->regs, CTRL) | CTRL_UP);
	mmio_write32(card->regs, IVAR, IVAR_ALL);
	for (unsigned i = 0; i < 128; i++)
		mmio_write32(card->regs, GROUPS + i * 4, 0);
	/* It was read from the card's memory by the reset. */
	low = mmio_read32(card->regs, ADDRESS);
	high = mmio_read32(card->regs, ADDRESS + 4);
	le32_store(card->net.mac, low);
	le16_store(card->net.mac + 4, (uint16_t)high);
	card->net.link = link_is_up(card);
	return 0;
}

static struct descriptor *ring_memory(void)
{
	uint64_t pa = frame_alloc_zeroed();

	return pa ? linear_address(pa) : NULL;
}

static void ring_free(struct ring *ring)
{
	if (ring->descriptors)
		frame_free(linear_physical(ring->descriptors));
}

static int open_card(struct card *card)
{
	int error;

	card->regs = pci_map(card->pci, 0, 0, REGS_SIZE);
	if (!card->regs)
		return -ENODEV;
	error = reset(card);
	if (error)
		return error;
	card->rx.descriptors = ring_memory();
	card->tx.descriptors = ring_memory();
	if (!card->rx.descriptors || !card->tx.descriptors)
		return -ENOMEM;
	error = pci_irq_open(card->pci, 1);
	if (error > 0)
		error = pci_irq_attach(card->pci, 0, interrupt, card, "e1000e");
	if (error)
		return error;
	pci_master_on(card->pci);
	return net_register(&card->net);
}

static int probe(struct pci_device *pci)
{
	struct card *card = heap_alloc_zeroed(sizeof(*card));
	int error;

	if (!card)
		return -ENOMEM;
	card->pci = pci;
	card->net.ops = &ops;
	card->net.driver = card;
	card->net.mtu = 1500;
	card->net.room = RING - 1;
	error = open_card(card);
	if (error) {
		log_error("%s: the card cannot be used (%d)", pci->name, -error);
		pci_master_off(pci);
		pci_irq_close(pci);
		ring_free(&card->rx);
		ring_free(&card->tx);
		heap_free(card);
	}
	return error;
}

static const struct pci_id ids[] = {{PCI_ID(0x8086, 0x10d3)}, {0}};
PCI_DRIVER(E1000E, e1000e) = {.name = "e1000e", .ids = ids, .probe = probe};
