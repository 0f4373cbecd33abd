/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices between their bus and their driver [virtio-1.2 2.1, 2.4, 3.1]: negotiation,
 * queues, configuration, interrupts.
 */
#include <errno.h>

#include <arch/cpu.h>
#include <base/bits.h>
#include <base/compiler.h>
#include <dev/virtio.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/start.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

LOG_MODULE(virtio);

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED	   128

#define RESET_NS     (2 * NS_PER_S)
#define CONFIG_TRIES 16 /* a device whose generation never stands still */

SET_DECLARE(const struct virtio_driver, virtio_driver);

/* Only grows, before the program runs or in a transport's thread; read without a lock. */
static struct virtio_device *devices[VIRTIO_DEVICES_MAX];
static unsigned device_count;

struct virtio_device *virtio_device_at(unsigned index)
{
	return index < __atomic_load_n(&device_count, __ATOMIC_ACQUIRE) ? devices[index] : NULL;
}

static void add_status(struct virtio_device *device, uint8_t bits)
{
	device->transport->set_status(device, device->transport->status(device) | bits);
}

int virtio_reset(struct virtio_device *device)
{
	uint64_t end = clock_monotonic_ns() + RESET_NS;

	if (device->removed)
		return -ENODEV;
	device->transport->set_status(device, 0);
	while (device->transport->status(device))
		if (clock_monotonic_ns() >= end) {
			log_error("%s: it does not come out of reset", device->name);
			return -EIO;
		}
	return 0;
}

int virtio_negotiate(struct virtio_device *device, uint64_t wanted)
{
	const struct virtio_transport *transport = device->transport;
	int error = virtio_reset(device);
	uint64_t offered;

	if (error)
		return error;
	/* Each is written as a whole: Shyper's devices compare with these very values. */
	transport->set_status(device, STATUS_ACKNOWLEDGE);
	transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	offered = transport->features(device);
	if (!(offered & VIRTIO_F_VERSION_1)) {
		log_warn("%s: no virtio 1 device: not used", device->name);
		transport->set_status(device, STATUS_FAILED);
		return -ENODEV;
	}
	device->features = offered & (wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC |
				      VIRTIO_F_EVENT_IDX);
	transport->set_features(device, device->features);
	transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (!(transport->status(device) & STATUS_FEATURES_OK)) {
		log_error("%s: it refuses the features %lx", device->name,
			  (unsigned long)device->features);
		transport->set_status(device, STATUS_FAILED);
		return -EIO;
	}
	return 0;
}

static void free_queue(struct virtio_queue *queue)
{
	if (queue->shared)
		frame_free_contiguous(linear_physical(queue->shared), queue->shared_frames);
	heap_free(queue->ring.records);
	*queue = (struct virtio_queue){.shared = NULL};
}

static int alloc_queue(struct virtio_queue *queue, unsigned size)
{
	size_t frames = (virtqueue_shared_bytes(size) + PAGE_MASK) / PAGE_SIZE;
	void *records;
	uint64_t pa;

	if (queue->shared && queue->ring.size >= size)
		return 0;
	free_queue(queue);
	pa = frame_alloc_contiguous(frames, 1);
	records = heap_alloc(virtqueue_private_bytes(size));
	if (!pa || !records) {
		if (pa)
			frame_free_contiguous(pa, frames);
		heap_free(records);
		return -ENOMEM;
	}
	queue->shared = linear_address(pa);
	queue->shared_frames = (unsigned)frames;
	queue->ring.records = records;
	return 0;
}

int virtio_queue_open(struct virtio_device *device, unsigned index, unsigned size,
		      void (*done)(struct virtio_device *device, unsigned index))
{
	unsigned max, limit = size < VIRTQUEUE_SIZE_MAX ? size : VIRTQUEUE_SIZE_MAX;
	struct virtio_queue *queue;
	uint64_t pa;
	int error;

	if (index >= VIRTIO_QUEUES_MAX || !size)
		return -EINVAL;
	queue = &device->queues[index];
	max = device->transport->queue_size_max(device, index);
	if (!max)
		return -ENOENT;
	limit = max < limit ? max : limit;
	for (size = 1; size * 2 <= limit;)
		size *= 2;
	error = alloc_queue(queue, size);
	if (error)
		return error;
	virtqueue_init(&queue->ring, size, queue->shared, queue->ring.records,
		       virtio_has(device, VIRTIO_F_EVENT_IDX));
	pa = linear_physical(queue->shared);
	error = device->transport->queue_open(device, index, size, pa,
					      pa + virtqueue_avail_offset(size),
					      pa + virtqueue_used_offset(size));
	if (error)
		return error;
	queue->done = done;
	if (device->queue_count <= index)
		device->queue_count = index + 1;
	return 0;
}

void virtio_start(struct virtio_device *device)
{
	device->transport->set_status(device, STATUS_ACKNOWLEDGE | STATUS_DRIVER |
						      STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

void virtio_give_up(struct virtio_device *device)
{
	if (virtio_reset(device))
		return; /* it may still write there */
	add_status(device, STATUS_FAILED);
	for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++)
		free_queue(&device->queues[i]);
	device->queue_count = 0;
}

void virtio_kick(struct virtio_device *device, unsigned index)
{
	if (virtqueue_must_notify(&device->queues[index].ring))
		virtio_notify(device, index);
}

void virtio_notify(struct virtio_device *device, unsigned index)
{
	if (device->removed)
		return;
	arch_io_fence(); /* the queue, which is memory, ahead of the register */
	device->transport->notify(device, index);
}

uint8_t virtio_config8(struct virtio_device *device, unsigned offset)
{
	return (uint8_t)device->transport->config_read(device, offset, 1);
}

uint16_t virtio_config16(struct virtio_device *device, unsigned offset)
{
	return (uint16_t)device->transport->config_read(device, offset, 2);
}

uint32_t virtio_config32(struct virtio_device *device, unsigned offset)
{
	return device->transport->config_read(device, offset, 4);
}

uint64_t virtio_config64(struct virtio_device *device, unsigned offset)
{
	const struct virtio_transport *transport = device->transport;
	uint32_t low = 0, high = 0;

	for (unsigned i = 0; i < CONFIG_TRIES; i++) {
		uint32_t before = transport->config_generation(device);

		low = transport->config_read(device, offset, 4);
		high = transport->config_read(device, offset + 4, 4);
		if (transport->config_generation(device) == before)
			break;
	}
	return (uint64_t)high << 32 | low;
}

static void go_on(struct irq_again *again)
{
	struct virtio_device *device = CONTAINER_OF(again, struct virtio_device, again);
	uint32_t queues = __atomic_exchange_n(&device->unfinished, 0, __ATOMIC_ACQ_REL);

	WRITE_ONCE(device->went_on, true);
	for (unsigned i = 0; queues; i++, queues >>= 1)
		if (queues & 1)
			virtio_interrupt_queue(device, i);
}

void virtio_again(struct virtio_device *device, unsigned index)
{
	__atomic_fetch_or(&device->unfinished, 1u << index, __ATOMIC_RELEASE);
	device->again.run = go_on;
	irq_again(&device->again);
}

bool virtio_interrupt(struct virtio_device *device)
{
	/* What was done meanwhile explains the interrupt, too. */
	bool any = READ_ONCE(device->went_on);

	WRITE_ONCE(device->went_on, false);
	arch_io_fence(); /* it was acknowledged before we look */
	for (unsigned i = 0; i < device->queue_count; i++) {
		const struct virtqueue *ring = &device->queues[i].ring;

		/* What a broken one has is not taken, and explains no interrupt. */
		if (virtqueue_pending(ring) && !READ_ONCE(ring->broken)) {
			virtio_interrupt_queue(device, i);
			any = true;
		}
	}
	return any;
}

void virtio_interrupt_queue(struct virtio_device *device, unsigned index)
{
	if (index < device->queue_count && device->queues[index].done)
		device->queues[index].done(device, index);
}

void virtio_interrupt_config(struct virtio_device *device)
{
	if (device->transport->status(device) & STATUS_NEEDS_RESET) {
		log_error("%s: the device asks for a reset", device->name);
		virtio_attend(device, VIRTIO_ATTEND_BROKEN);
	}
	if (device->config_changed)
		device->config_changed(device);
}

void virtio_removed(struct virtio_device *device)
{
	device->removed = true;
	virtio_attend(device, VIRTIO_ATTEND_REMOVED);
}

int virtio_probe(struct virtio_device *device)
{
	SET_FOR_EACH (const struct virtio_driver, virtio_driver, driver) {
		int error;

		if (driver->id != device->id)
			continue;
		if (device_count == VIRTIO_DEVICES_MAX) {
			log_warn("%s: too many virtio devices, ignored", device->name);
			return -ENODEV;
		}
		error = driver->probe(device);
		if (error)
			return error;
		devices[device_count] = device;
		__atomic_store_n(&device_count, device_count + 1, __ATOMIC_RELEASE);
		log_debug("%s: %s by %s, line %u, features %lx", device->name, driver->name,
			  device->transport->name, device->irq_line,
			  (unsigned long)device->features);
		return 0;
	}
	return -ENODEV;
}

/* What drivers do that may block. */
static struct waitq attention = WAITQ_INIT(attention);
static bool wanted; /* guarded by attention.lock */

void virtio_attend(struct virtio_device *device, unsigned reasons)
{
	struct irq_state state;

	__atomic_fetch_or(&device->reasons, reasons, __ATOMIC_RELEASE);
	state = waitq_lock(&attention);
	wanted = true;
	waitq_wake(&attention, 0, 1);
	waitq_unlock(&attention, state);
}

static void attend_all(void)
{
	struct virtio_device *device;

	for (unsigned i = 0; (device = virtio_device_at(i)); i++) {
		unsigned reasons = __atomic_exchange_n(&device->reasons, VIRTIO_ATTENDING,
						       __ATOMIC_ACQUIRE);

		if (reasons && device->attend)
			device->attend(device, reasons);
		__atomic_fetch_and(&device->reasons, ~VIRTIO_ATTENDING, __ATOMIC_RELEASE);
	}
}

static void attend_loop(void *arg)
{
	(void)arg;
	for (;;) {
		struct irq_state state = waitq_lock(&attention);

		while (!wanted)
			(void)waitq_sleep_through(&attention, &state, 0, DEADLINE_NEVER);
		wanted = false;
		waitq_unlock(&attention, state);
		attend_all();
	}
}

static void start_attending(void)
{
	const struct thread_attr attr = {.name = "virtio",
					 .explicit_priority = true,
					 .priority = PRIORITY_COUNT - 1,
					 .policy = POLICY_FIFO,
					 .detached = true,
					 .kernel_only = true,
					 .entry = attend_loop};

	if (device_count && thread_create(&attr, NULL))
		log_warn("no memory for the thread that resets devices");
}

START_HOOK(IO, virtio) = {start_attending};
