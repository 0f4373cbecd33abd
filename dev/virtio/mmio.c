/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio by registers in memory [virtio-1.2 4.2]. */
#include <errno.h>

#include <base/str.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <dev/virtio.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <mem/boot_map.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include <arch/mmu.h>

LOG_MODULE(virtio_mmio);

#define MAGIC	       0x000 /* "virt" */
#define VERSION	       0x004
#define DEVICE_ID      0x008
#define FEATURES       0x010
#define FEATURES_SEL   0x014
#define ACCEPTED       0x020
#define ACCEPTED_SEL   0x024
#define QUEUE_SEL      0x030
#define QUEUE_SIZE_MAX 0x034
#define QUEUE_SIZE     0x038
#define QUEUE_READY    0x044
#define QUEUE_NOTIFY   0x050
#define IRQ_STATUS     0x060
#define IRQ_ACK	       0x064
#define STATUS	       0x070
#define QUEUE_DESC     0x080
#define QUEUE_AVAIL    0x090
#define QUEUE_USED     0x0a0
#define GENERATION     0x0fc
#define CONFIG	       0x100
#define SIZE_MIN       0x100

#define MAGIC_VALUE 0x74726976

#define IRQ_QUEUE  1
#define IRQ_CONFIG 2

/* So many interrupts for nothing, one after the other, and the line is given up. */
#define SPURIOUS_MAX 100000
/* So many interrupts are explained by work in memory before the device is asked for more. */
#define UNASKED_MAX 16
/* So many looks at a line that stays high while there is no work. */
#define LOOKS_MAX 100

struct mmio {
	struct virtio_device device;
	volatile void *regs;
	size_t size;
	unsigned line;
	bool by_level;
	unsigned spurious;
	unsigned looks;
	struct irq_again again;
	unsigned unasked; /* interrupts since the device was asked what is pending */
};

static struct mmio *mmio_of(struct virtio_device *device)
{
	return CONTAINER_OF(device, struct mmio, device);
}

/* One plain access each: a hypervisor decodes the instruction. */
static uint32_t get(struct virtio_device *device, unsigned offset)
{
	device->accesses++;
	return mmio_read32(mmio_of(device)->regs, offset);
}

static void set(struct virtio_device *device, unsigned offset, uint32_t value)
{
	device->accesses++;
	mmio_write32(mmio_of(device)->regs, offset, value);
}

static uint64_t features(struct virtio_device *device)
{
	uint64_t low;

	set(device, FEATURES_SEL, 0);
	low = get(device, FEATURES);
	set(device, FEATURES_SEL, 1);
	return (uint64_t)get(device, FEATURES) << 32 | low;
}

static void set_features(struct virtio_device *device, uint64_t accepted)
{
	set(device, ACCEPTED_SEL, 0);
	set(device, ACCEPTED, (uint32_t)accepted);
	set(device, ACCEPTED_SEL, 1);
	set(device, ACCEPTED, (uint32_t)(accepted >> 32));
}

static uint8_t status(struct virtio_device *device)
{
	return (uint8_t)get(device, STATUS);
}

static void set_status(struct virtio_device *device, uint8_t value)
{
	set(device, STATUS, value);
}

static unsigned queue_size_max(struct virtio_device *device, unsigned index)
{
	set(device, QUEUE_SEL, index);
	return get(device, QUEUE_SIZE_MAX);
}

/* The low half first: Shyper takes the whole when the high one is written, be it 0. */
static void set_address(struct virtio_device *device, unsigned offset, uint64_t pa)
{
	set(device, offset, (uint32_t)pa);
	set(device, offset + 4, (uint32_t)(pa >> 32));
}

static int queue_open(struct virtio_device *device, unsigned index, unsigned size, uint64_t desc_pa,
		      uint64_t avail_pa, uint64_t used_pa)
{
	set(device, QUEUE_SEL, index);
	if (get(device, QUEUE_READY)) {
		log_error("%s: queue %u is in use after a reset", device->name, index);
		return -EIO;
	}
	set(device, QUEUE_SIZE, size);
	set_address(device, QUEUE_DESC, desc_pa);
	set_address(device, QUEUE_AVAIL, avail_pa);
	set_address(device, QUEUE_USED, used_pa);
	set(device, QUEUE_READY, 1);
	return 0;
}

static void notify(struct virtio_device *device, unsigned index)
{
	set(device, QUEUE_NOTIFY, index);
}

/*
 * By the field's own width [virtio-1.2 4.2.2.2]. Shyper returns 32 bits whatever the width; the
 * compiler, which knows better, would drop the mask.
 */
static uint32_t config_read(struct virtio_device *device, unsigned offset, unsigned width)
{
	const volatile char *at = (const volatile char *)mmio_of(device)->regs + CONFIG + offset;
	uint32_t value;

	if (CONFIG + offset + width > mmio_of(device)->size)
		return 0;
	device->accesses++;
	if (width == 4)
		return *(const volatile uint32_t *)at;
	value = width == 2 ? *(const volatile uint16_t *)at : *(const volatile uint8_t *)at;
	__asm__ volatile("" : "+r"(value));
	return value & (width == 2 ? 0xffff : 0xff);
}

static void config_write(struct virtio_device *device, unsigned offset, unsigned width,
			 uint32_t value)
{
	volatile char *at = (volatile char *)mmio_of(device)->regs + CONFIG + offset;

	if (CONFIG + offset + width > mmio_of(device)->size)
		return;
	device->accesses++;
	if (width == 4)
		*(volatile uint32_t *)at = value;
	else if (width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint8_t *)at = (uint8_t)value;
}

static uint32_t config_generation(struct virtio_device *device)
{
	return get(device, GENERATION);
}

static const struct virtio_transport transport = {
	.name = "mmio",
	.features = features,
	.set_features = set_features,
	.status = status,
	.set_status = set_status,
	.queue_size_max = queue_size_max,
	.queue_open = queue_open,
	.notify = notify,
	.config_read = config_read,
	.config_write = config_write,
	.config_generation = config_generation,
};

/* Acknowledged first, so that what comes later interrupts, too. */
static bool take_queues(struct virtio_device *device)
{
	set(device, IRQ_ACK, IRQ_QUEUE);
	return virtio_interrupt(device);
}

static bool take_config(struct virtio_device *device)
{
	if (!(get(device, IRQ_STATUS) & IRQ_CONFIG))
		return false;
	set(device, IRQ_ACK, IRQ_CONFIG);
	virtio_interrupt_config(device);
	return true;
}

/*
 * A line whose edge interrupts gives none while it stays high, that is, while anything is pending:
 * what came between is looked for until the line was seen low, each time in an interrupt of its
 * own. False: there was nothing at all.
 */
static bool take_edge(struct mmio *mmio)
{
	struct virtio_device *device = &mmio->device;
	bool any = take_queues(device);
	uint32_t pending = get(device, IRQ_STATUS);

	mmio->looks = any ? 0 : mmio->looks + 1;
	if (!pending || mmio->looks > LOOKS_MAX) {
		mmio->looks = 0;
		return any;
	}
	if (pending & IRQ_CONFIG) {
		set(device, IRQ_ACK, IRQ_CONFIG);
		virtio_interrupt_config(device);
	}
	irq_again(&mmio->again);
	return any;
}

/*
 * Each access is an exit to the hypervisor, so with a level-triggered line it is not asked what is
 * pending as long as there is work in memory that explains the interrupt: the rest interrupts
 * again. But not for ever: who is to do the work may be kept from it by that.
 */
static bool take(struct mmio *mmio)
{
	bool any;

	if (!mmio->by_level)
		return take_edge(mmio);
	any = take_queues(&mmio->device);
	if (any && ++mmio->unasked < UNASKED_MAX)
		return true;
	mmio->unasked = 0;
	(void)take_config(&mmio->device);
	return any;
}

static void interrupt(void *arg)
{
	struct mmio *mmio = arg;
	struct virtio_device *device = &mmio->device;

	if (device->removed)
		return;
	if (take(mmio)) {
		mmio->spurious = 0;
	} else if (++mmio->spurious == SPURIOUS_MAX) {
		log_error("%s: interrupts without end: given up", device->name);
		irq_detach(mmio->line);
		set(device, STATUS, 0); /* it stops */
		virtio_removed(device);
	}
}

static void look_again(struct irq_again *again)
{
	interrupt(CONTAINER_OF(again, struct mmio, again));
}

static bool is_device(const struct device *device, volatile void *regs)
{
	if (mmio_read32(regs, MAGIC) != MAGIC_VALUE || !mmio_read32(regs, DEVICE_ID))
		return false;
	if (mmio_read32(regs, VERSION) == 2)
		return true;
	log_warn("%s: only virtio 1 is known (QEMU: -global virtio-mmio.force-legacy=false)",
		 device->name);
	return false;
}

/* A machine may have dozens of places for devices, most of them empty: id 0. */
static bool present(const struct device *device)
{
	volatile void *regs;

	if (!device->reg_count || device->regs[0].size < SIZE_MIN)
		return false;
	regs = boot_map_physical(device->regs[0].pa, device->regs[0].size,
				 PAGE_READ | PAGE_WRITE | PAGE_DEVICE);
	return regs && is_device(device, regs);
}

static int start(struct mmio *mmio, enum irq_trigger trigger)
{
	int error;

	mmio->by_level = trigger == IRQ_LEVEL_HIGH || trigger == IRQ_LEVEL_LOW;
	mmio->again.run = look_again;
	error = irq_attach(mmio->line, trigger, interrupt, mmio, "virtio");

	if (error)
		return error;
	error = virtio_probe(&mmio->device);
	if (error)
		irq_detach(mmio->line);
	return error;
}

static int probe(const struct device *device)
{
	volatile void *regs;
	struct mmio *mmio;
	int error;

	if (!device->irq_count)
		return -EINVAL;
	regs = linear_map_device(device->regs[0].pa, device->regs[0].size);
	mmio = heap_alloc_zeroed(sizeof(*mmio));
	if (!mmio || !regs) {
		heap_free(mmio);
		return -ENOMEM;
	}
	str_copy(mmio->device.name, device->name, sizeof(mmio->device.name));
	mmio->device.transport = &transport;
	mmio->device.id = mmio_read32(regs, DEVICE_ID);
	mmio->regs = regs;
	mmio->size = device->regs[0].size;
	mmio->line = mmio->device.irq_line = device->irqs[0].line;
	error = start(mmio, device->irqs[0].trigger);
	if (error)
		heap_free(mmio);
	return error;
}

static const char *const compatible[] = {"virtio,mmio", NULL};
static const struct driver driver_virtio_mmio SECTION_SET_IF(driver, MMIO) = {
	.name = "virtio-mmio",
	.compatible = compatible,
	.phase = DRIVER_OTHER,
	.probe = probe,
	.present = present,
};
