/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio disks: what they cost, and that they come back after a reset. */
#include <string.h>

#include <dev/virtio.h>
#include <kernel/clock.h>
#include <kernel/thread.h>

#include "disk.h"

static struct virtio_device *first_disk(void)
{
	struct virtio_device *device;

	for (unsigned i = 0; (device = virtio_device_at(i)); i++)
		if (device->id == VIRTIO_ID_BLOCK && device->driver_data == block_at(0)->driver)
			return device;
	return NULL;
}

/* Each access of a register is an exit to a real hypervisor. */
TEST(virtio, few_register_accesses)
{
	struct virtio_device *device = first_disk();
	uint8_t *bytes = buffer_alloc(256);
	uint64_t before;

	CHECK(device && bytes);
	/* Where interrupts are handled: the one of the request before is over, as will be ours. */
	go_to_cpu(0);
	before = device->accesses;
	EXPECT(!block_transfer(block_at(0), BLOCK_READ, 0, bytes, 2048));
	EXPECT(device->accesses - before <= 4);
	buffer_free(bytes, 256);
}

/* The last reset may be still to come, and what it finds on the way fails. */
static void wait_for_resets(struct virtio_device *device)
{
	while (device && __atomic_load_n(&device->reasons, __ATOMIC_ACQUIRE))
		thread_sleep_until(clock_monotonic_ns() + 1000000);
}

#define ROUNDS 20

struct writer {
	bool stop;
	unsigned failed, good;
};

static void keep_writing(void *arg)
{
	struct writer *writer = arg;
	uint8_t *bytes = buffer_alloc(1);

	while (bytes && !__atomic_load_n(&writer->stop, __ATOMIC_ACQUIRE)) {
		int error = block_transfer(block_at(0), BLOCK_WRITE, 3000, bytes, 8);

		EXPECT(!error || error == -EIO);
		__atomic_fetch_add(error ? &writer->failed : &writer->good, 1, __ATOMIC_RELAXED);
	}
	buffer_free(bytes, 1);
}

/* In the middle of its work. */
TEST(virtio, resets)
{
	struct virtio_device *device = first_disk();
	uint8_t *bytes = buffer_alloc(8), *back = buffer_alloc(8);
	struct writer writer = {.stop = false};
	int32_t id = spawn(16, 0, keep_writing, &writer);

	for (unsigned i = 0; device && bytes && back && i < ROUNDS; i++) {
		int error;

		virtio_attend(device, VIRTIO_ATTEND_BROKEN);
		fill(bytes, 5000, 64, i);
		do
			error = block_transfer(block_at(0), BLOCK_WRITE, 5000, bytes, 64);
		while (error == -EIO);
		EXPECT(!error);
		do
			error = block_transfer(block_at(0), BLOCK_READ, 5000, back, 64);
		while (error == -EIO);
		EXPECT(!error && is_filled(back, 5000, 64, i));
	}
	/* The resets may have met each of its writes; now one must succeed. */
	while (!__atomic_load_n(&writer.good, __ATOMIC_RELAXED) && !test_failed())
		thread_sleep_until(clock_monotonic_ns() + 1000000);
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELEASE);
	join(id);
	EXPECT(writer.good);
	wait_for_resets(device);
	buffer_free(bytes, 8);
	buffer_free(back, 8);
}

/* What a hostile device could write: the shared parts of the queue, while it works. */
TEST(virtio, rubbish_in_the_queue)
{
	struct virtio_device *device = first_disk();
	struct virtqueue *ring = device ? &device->queues[0].ring : NULL;
	uint8_t *bytes = buffer_alloc(8);
	uint64_t seed = 11;

	for (unsigned i = 0; ring && bytes && i < 40; i++) {
		size_t used = virtqueue_used_offset(ring->size);
		size_t size = virtqueue_shared_bytes(ring->size) - used;
		uint8_t *shared = device->queues[0].shared;
		int error;

		for (unsigned n = 0; n < 4; n++)
			shared[used + next_random(&seed) % size] = (uint8_t)next_random(&seed);
		shared[used + 2] ^= (uint8_t)(1 + i % 7); /* the index */
		virtio_interrupt(device);
		for (unsigned tries = 0; tries < 20; tries++) {
			error = block_transfer(block_at(0), BLOCK_READ, 5000, bytes, 64);
			if (!error)
				break;
			EXPECT(error == -EIO);
		}
		EXPECT(!error);
	}
	wait_for_resets(device);
	buffer_free(bytes, 8);
}
