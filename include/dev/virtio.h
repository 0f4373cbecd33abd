/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices [virtio-1.2 2, 3.1], whatever bus they are on. A transport (memory-mapped or PCI)
 * finds a device and hands it to the driver that knows its id; drivers see this header and
 * <dev/virtqueue.h> only, and never the bus.
 *
 * A driver's probe calls, in this order: virtio_negotiate(), virtio_queue_open() for each queue,
 * virtio_start(). To begin anew after an error: virtio_reset(), virtqueue_reclaim() of what was on
 * the way, then the same three. That is done in `attend`, which a thread of the core calls after
 * virtio_attend(): when the device has broken its queue, asks for a reset, does not answer or is
 * gone.
 *
 * What a device says is never trusted: each value read from its configuration is checked by the
 * driver that uses it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <dev/virtqueue.h>
#include <kernel/irq.h>

struct device;
struct virtio_device;

#define VIRTIO_QUEUES_MAX 8

/* Device ids [virtio-1.2 5]. */
#define VIRTIO_ID_NET	  1
#define VIRTIO_ID_BLOCK	  2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4

/* Feature bits of all devices [virtio-1.2 6], offered and negotiated by the core. */
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX     (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1     (UINT64_C(1) << 32)

/* What a bus does for the core. `index` of a queue was checked to be below queue_count. */
struct virtio_transport {
	const char *name; /* "mmio", "pci" */
	uint64_t (*features)(struct virtio_device *device);
	void (*set_features)(struct virtio_device *device, uint64_t features);
	uint8_t (*status)(struct virtio_device *device);
	void (*set_status)(struct virtio_device *device, uint8_t status);
	/* Entries that the device allows, 0: there is no such queue. */
	unsigned (*queue_size_max)(struct virtio_device *device, unsigned index);
	/* Tell the addresses of a queue and let the device use it. 0 or a negative errno. */
	int (*queue_open)(struct virtio_device *device, unsigned index, unsigned size,
			  uint64_t desc_pa, uint64_t avail_pa, uint64_t used_pa);
	void (*notify)(struct virtio_device *device, unsigned index);
	/* `width` is 1, 2, 4 bytes; 0 past the end of what the device has. */
	uint32_t (*config_read)(struct virtio_device *device, unsigned offset, unsigned width);
	void (*config_write)(struct virtio_device *device, unsigned offset, unsigned width,
			     uint32_t value);
	uint32_t (*config_generation)(struct virtio_device *device);
};

struct virtio_device {
	const struct virtio_transport *transport;
	void *bus; /* the transport's own */
	char name[24];
	unsigned id;	   /* VIRTIO_ID_… */
	unsigned irq_line; /* for reports */
	uint64_t features; /* negotiated */
	bool removed;	   /* unplugged: its registers are not touched any more */
	uint64_t accesses; /* of device registers, all in all: each is an exit to a hypervisor */

	/*
	 * The driver's. Called in interrupts: `queue_done` when a queue may have finished chains,
	 * `config_changed` when the configuration did.
	 */
	void *driver_data;
	void (*config_changed)(struct virtio_device *device);
	/* In the core's thread; may block. `reasons`: VIRTIO_ATTEND_… */
	void (*attend)(struct virtio_device *device, unsigned reasons);
	unsigned reasons; /* atomic; 0 when all that was asked for is done */
	struct virtio_queue {
		struct virtqueue ring;
		void *shared; /* frames, kept over a reset */
		unsigned shared_frames;
		void (*done)(struct virtio_device *device, unsigned index);
	} queues[VIRTIO_QUEUES_MAX];
	unsigned queue_count; /* opened so far */

	/* The core's: queues with more to do than one interrupt does, a bit for each; atomic. */
	uint32_t unfinished;
	bool went_on; /* at those, since the last interrupt of the device */
	struct irq_again again;
};

#define VIRTIO_ATTEND_BROKEN  1u /* a queue is broken, or the device says that it needs a reset */
#define VIRTIO_ATTEND_TIMEOUT 2u
#define VIRTIO_ATTEND_REMOVED 4u
#define VIRTIO_ATTEND_CONFIG  8u	 /* the driver's own use */
#define VIRTIO_ATTENDING      (1u << 31) /* by the core, while `attend` is called */

/* Have `attend` called soon. Any context. */
void virtio_attend(struct virtio_device *device, unsigned reasons);

/* A linked driver: `probe` returns 0 or a negative errno. Early boot (interrupts on), or thread. */
struct virtio_driver {
	const char *name;
	unsigned id;
	int (*probe)(struct virtio_device *device);
};

/*
 * VIRTIO_DRIVER(FS, blk) = {…}; is linked with the option FS=y; IO stands for FS or NET.
 */
#define VIRTIO_DRIVER(option, id)                                                                  \
	static const struct virtio_driver virtio_driver_##id SECTION_SET_IF(virtio_driver, option)

/*
 * Reset, then agree on `wanted` and what the core itself can use, as far as the device offers it.
 * 0; -ENODEV: no virtio 1; -EIO: the device does not accept, or does not come out of reset.
 */
int virtio_negotiate(struct virtio_device *device, uint64_t wanted);

static inline bool virtio_has(const struct virtio_device *device, uint64_t feature)
{
	return device->features & feature;
}

/*
 * Open queue `index` with at most `size` entries (rounded down to a power of two the device can
 * do). After a reset its memory is what it was, so that with the same size it does not fail for
 * lack of it. 0, -ENOENT (there is no such queue), -ENOMEM, -EINVAL.
 */
int virtio_queue_open(struct virtio_device *device, unsigned index, unsigned size,
		      void (*done)(struct virtio_device *device, unsigned index));

/* The device may work from here on. */
void virtio_start(struct virtio_device *device);

/* A driver's probe failed: the device is told, and the memory of its queues given back. */
void virtio_give_up(struct virtio_device *device);

/* Stop the device: afterwards it touches no memory of ours. 0, or -EIO: it does not answer. */
int virtio_reset(struct virtio_device *device);

/* From a queue's `done`: call it once more, in an interrupt of its own. */
void virtio_again(struct virtio_device *device, unsigned index);

/* Tell the device what was added to a queue, if it wants to know. The queue's lock is held. */
void virtio_kick(struct virtio_device *device, unsigned index);
/* … whether it wants to know or not. */
void virtio_notify(struct virtio_device *device, unsigned index);

/* Configuration space; the generation is the same before and after for more than 4 bytes. */
uint8_t virtio_config8(struct virtio_device *device, unsigned offset);
uint16_t virtio_config16(struct virtio_device *device, unsigned offset);
uint32_t virtio_config32(struct virtio_device *device, unsigned offset);
uint64_t virtio_config64(struct virtio_device *device, unsigned offset);

/*
 * For transports: look for a device's driver. 0, -ENODEV (nobody knows it, or VIRTIO_DEVICES_MAX
 * are there) or its error.
 */
#define VIRTIO_DEVICES_MAX 16
int virtio_probe(struct virtio_device *device);
/*
 * An interrupt for all queues (from interrupt handlers), which are only looked at if something is
 * finished there; false: nothing was.
 */
bool virtio_interrupt(struct virtio_device *device);
/* An interrupt that names its queue (MSI-X). */
void virtio_interrupt_queue(struct virtio_device *device, unsigned index);
/* An interrupt about the configuration, or the device's wish to be reset. */
void virtio_interrupt_config(struct virtio_device *device);
/* The device was unplugged. Any context. */
void virtio_removed(struct virtio_device *device);

/* For reports and counts; NULL past the last. */
struct virtio_device *virtio_device_at(unsigned index);
