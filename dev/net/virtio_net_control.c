/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control queue [virtio-1.2 5.1.6.5]: one command at a time, whose answer is waited for. A
 * device that does not answer in time is not asked again: it may still write into the command.
 */
#include <errno.h>
#include <string.h>

#include <arch/cpu.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "virtio_net.h"

LOG_MODULE(virtio_net);

#define QUEUE_SIZE  4
#define PATIENCE_NS (100 * NS_PER_MS)

enum { CLASS_RX = 0, CLASS_MAC = 1, CLASS_ANNOUNCE = 3 };
enum { RX_ALL = 0, RX_GROUPS = 1, MAC_SET = 1, ANNOUNCE_DONE = 0 };

struct command {
	uint8_t class, command, data[6]; /* the device reads */
	uint8_t answer;			 /* and writes: 0 is good */
};

void virtio_net_control_open(struct card *card)
{
	if (!virtio_has(card->virtio, F_CTRL_VQ) ||
	    virtio_queue_open(card->virtio, QUEUE_CONTROL, QUEUE_SIZE, NULL))
		return;
	card->command = heap_alloc_zeroed(sizeof(*card->command));
	if (card->command)
		virtqueue_interrupts_off(&card->virtio->queues[QUEUE_CONTROL].ring);
}

/* 0, -EOPNOTSUPP: there is no such queue (any more), -EIO: the device does not want to. */
static int order(struct card *card, uint8_t class, uint8_t number, const void *data, unsigned size)
{
	struct virtqueue *ring = &card->virtio->queues[QUEUE_CONTROL].ring;
	struct command *command = card->command;
	uint64_t end = clock_monotonic_ns() + PATIENCE_NS;
	struct virtqueue_piece pieces[2];
	uint32_t written;

	if (!command || card->failed)
		return -EOPNOTSUPP;
	*command = (struct command){.class = class, .command = number, .answer = 0xff};
	if (size)
		memcpy(command->data, data, size);
	pieces[0] = (struct virtqueue_piece){linear_physical(command),
					     offsetof(struct command, data) + size};
	pieces[1] = (struct virtqueue_piece){linear_physical(&command->answer), 1};
	if (virtqueue_add(ring, pieces, 1, 1, command))
		return -EIO;
	virtio_kick(card->virtio, QUEUE_CONTROL);
	while (!virtqueue_take(ring, &written)) {
		if (clock_monotonic_ns() < end && !ring->broken) {
			arch_cpu_relax();
			continue;
		}
		card->command = NULL; /* never freed: see above */
		log_error("%s: the card does not answer a command", card->net.name);
		return -EIO;
	}
	return READ_ONCE(command->answer) ? -EIO : 0;
}

int virtio_net_control_receive(struct net_device *net, unsigned which)
{
	struct card *card = net->driver;
	const uint8_t all = which & NET_ALL, groups = 1;
	int error;

	if (!virtio_has(card->virtio, F_CTRL_RX))
		return 0; /* all of them come anyway */
	error = order(card, CLASS_RX, RX_GROUPS, &groups, 1);
	return error ? error : order(card, CLASS_RX, RX_ALL, &all, 1);
}

int virtio_net_control_mac(struct net_device *net, const uint8_t mac[6])
{
	struct card *card = net->driver;

	if (!virtio_has(card->virtio, F_CTRL_MAC))
		return -EOPNOTSUPP;
	return order(card, CLASS_MAC, MAC_SET, mac, sizeof(net->mac));
}

void virtio_net_control_announced(struct net_device *net)
{
	(void)order(net->driver, CLASS_ANNOUNCE, ANNOUNCE_DONE, NULL, 0);
}
