/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio entropy source [virtio-1.2 5.4]: one buffer of it is stirred in, early in the boot. */
#include <errno.h>

#include <dev/virtio.h>
#include <kernel/random.h>
#include <mem/heap.h>
#include <mem/linear.h>

#define WORDS 8

static void queue_done(struct virtio_device *device, unsigned index)
{
	struct virtqueue *ring = &device->queues[index].ring;
	uint32_t written;
	uint64_t *words;

	/*
	 * One interrupt at a time: no lock. What the device says to have written counts for
	 * nothing: bytes of any quality do no harm.
	 */
	while ((words = virtqueue_take(ring, &written)))
		for (unsigned i = 0; i < WORDS; i++)
			random_stir(words[i]);
}

static int probe(struct virtio_device *device)
{
	uint64_t *words = heap_alloc_zeroed(WORDS * sizeof(*words));
	struct virtqueue_piece piece;
	int error;

	if (!words)
		return -ENOMEM;
	error = virtio_negotiate(device, 0);
	if (!error)
		error = virtio_queue_open(device, 0, 1, queue_done);
	if (error) {
		virtio_give_up(device);
		heap_free(words);
		return error;
	}
	piece = (struct virtqueue_piece){linear_physical(words), WORDS * sizeof(*words)};
	virtio_start(device);
	virtqueue_add(&device->queues[0].ring, &piece, 0, 1, words);
	virtio_kick(device, 0);
	return 0;
}

VIRTIO_DRIVER(IO, rng) = {"virtio-rng", VIRTIO_ID_ENTROPY, probe};
