/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio on PCI [virtio-1.2 4.1], the modern interface alone, which transitional devices have, too.
 * Its parts lie anywhere in the BARs; vendor capabilities tell where.
 */
#include <errno.h>

#include <base/bits.h>
#include <base/str.h>
#include <dev/mmio.h>
#include <dev/pci.h>
#include <dev/virtio.h>
#include <kernel/log.h>
#include <mem/heap.h>

LOG_MODULE_IF(IO, virtio);

#define VENDOR		  0x1af4
#define DEVICE_MODERN	  0x1040 /* and the virtio id */
#define DEVICE_LAST	  0x107f
#define DEVICE_TRANSITION 0x1000 /* the virtio id is the subsystem's */
#define DEVICE_TRANS_LAST 0x103f

/* In the capability [4.1.4]. */
#define CAP_KIND       3
#define CAP_BAR	       4
#define CAP_OFFSET     8
#define CAP_LENGTH     12
#define CAP_MULTIPLIER 16
enum { KIND_COMMON = 1, KIND_NOTIFY, KIND_ISR, KIND_CONFIG };

/* Common configuration [4.1.4.3]. */
#define FEATURES_SEL  0x00
#define FEATURES      0x04
#define ACCEPTED_SEL  0x08
#define ACCEPTED      0x0c
#define CONFIG_VECTOR 0x10
#define QUEUE_COUNT   0x12
#define STATUS	      0x14
#define GENERATION    0x15
#define QUEUE_SEL     0x16
#define QUEUE_SIZE    0x18
#define QUEUE_VECTOR  0x1a
#define QUEUE_ENABLE  0x1c
#define QUEUE_NOTIFY  0x1e
#define QUEUE_DESC    0x20
#define QUEUE_AVAIL   0x28
#define QUEUE_USED    0x30
#define COMMON_SIZE   0x38

#define NO_VECTOR 0xffff

#define ISR_QUEUE  1
#define ISR_CONFIG 2
#define ISR_GONE   0xff /* what the bus reads where no device answers */

/* The configuration's vector, and one for each queue, or for all. */
#define VECTORS_MAX (1 + VIRTIO_QUEUES_MAX)

struct virtio_pci {
	struct virtio_device device;
	struct pci_device *pci;
	volatile void *common, *isr, *notify, *config;
	uint32_t notify_size, notify_multiplier, config_size;
	volatile void *bells[VIRTIO_QUEUES_MAX];
	struct vector {
		struct virtio_pci *owner;
		unsigned index;
	} vectors[VECTORS_MAX];
};

static struct virtio_pci *pci_of(struct virtio_device *device)
{
	return CONTAINER_OF(device, struct virtio_pci, device);
}

static uint32_t get32(struct virtio_device *device, unsigned offset)
{
	device->accesses++;
	return mmio_read32(pci_of(device)->common, offset);
}

static void set32(struct virtio_device *device, unsigned offset, uint32_t value)
{
	device->accesses++;
	mmio_write32(pci_of(device)->common, offset, value);
}

static uint16_t get16(struct virtio_device *device, unsigned offset)
{
	device->accesses++;
	return mmio_read16(pci_of(device)->common, offset);
}

static void set16(struct virtio_device *device, unsigned offset, unsigned value)
{
	device->accesses++;
	mmio_write16(pci_of(device)->common, offset, (uint16_t)value);
}

static bool by_message(const struct virtio_pci *pci)
{
	return pci->pci->irq_kind == PCI_IRQ_MSIX;
}

static uint64_t features(struct virtio_device *device)
{
	uint64_t low;

	set32(device, FEATURES_SEL, 0);
	low = get32(device, FEATURES);
	set32(device, FEATURES_SEL, 1);
	return (uint64_t)get32(device, FEATURES) << 32 | low;
}

/* A reset has taken the vectors, too. */
static void set_features(struct virtio_device *device, uint64_t accepted)
{
	set32(device, ACCEPTED_SEL, 0);
	set32(device, ACCEPTED, (uint32_t)accepted);
	set32(device, ACCEPTED_SEL, 1);
	set32(device, ACCEPTED, (uint32_t)(accepted >> 32));
	if (by_message(pci_of(device)))
		set16(device, CONFIG_VECTOR, 0);
}

static uint8_t status(struct virtio_device *device)
{
	device->accesses++;
	return mmio_read8(pci_of(device)->common, STATUS);
}

static void set_status(struct virtio_device *device, uint8_t value)
{
	device->accesses++;
	mmio_write8(pci_of(device)->common, STATUS, value);
}

static unsigned queue_size_max(struct virtio_device *device, unsigned index)
{
	if (index >= get16(device, QUEUE_COUNT))
		return 0;
	set16(device, QUEUE_SEL, index);
	return get16(device, QUEUE_SIZE);
}

static void set_address(struct virtio_device *device, unsigned offset, uint64_t pa)
{
	set32(device, offset, (uint32_t)pa);
	set32(device, offset + 4, (uint32_t)(pa >> 32));
}

/* Where to write that the queue has news: within the part that the device described. */
static int find_bell(struct virtio_pci *pci, unsigned index)
{
	uint64_t at = (uint64_t)get16(&pci->device, QUEUE_NOTIFY) * pci->notify_multiplier;

	if (at & 1 || at + 2 > pci->notify_size)
		return -EINVAL;
	pci->bells[index] = (volatile char *)pci->notify + at;
	return 0;
}

static int set_vector(struct virtio_pci *pci, unsigned index)
{
	unsigned last = pci->pci->irq_count - 1, vector = MIN(index + 1, last);

	if (!by_message(pci))
		return 0;
	set16(&pci->device, QUEUE_VECTOR, vector);
	return get16(&pci->device, QUEUE_VECTOR) == vector ? 0 : -EIO;
}

static int queue_open(struct virtio_device *device, unsigned index, unsigned size, uint64_t desc_pa,
		      uint64_t avail_pa, uint64_t used_pa)
{
	struct virtio_pci *pci = pci_of(device);
	int error;

	set16(device, QUEUE_SEL, index);
	if (get16(device, QUEUE_ENABLE)) {
		log_error("%s: queue %u is in use after a reset", device->name, index);
		return -EIO;
	}
	error = find_bell(pci, index);
	if (!error)
		error = set_vector(pci, index);
	if (error) {
		log_error("%s: queue %u cannot be notified, or cannot interrupt", device->name,
			  index);
		return error;
	}
	set16(device, QUEUE_SIZE, size);
	set_address(device, QUEUE_DESC, desc_pa);
	set_address(device, QUEUE_AVAIL, avail_pa);
	set_address(device, QUEUE_USED, used_pa);
	set16(device, QUEUE_ENABLE, 1);
	return 0;
}

static void notify(struct virtio_device *device, unsigned index)
{
	device->accesses++;
	mmio_write16(pci_of(device)->bells[index], 0, (uint16_t)index);
}

static uint32_t config_read(struct virtio_device *device, unsigned offset, unsigned width)
{
	struct virtio_pci *pci = pci_of(device);

	if (offset + width > pci->config_size)
		return 0;
	device->accesses++;
	return width == 4   ? mmio_read32(pci->config, offset)
	       : width == 2 ? mmio_read16(pci->config, offset)
			    : mmio_read8(pci->config, offset);
}

static void config_write(struct virtio_device *device, unsigned offset, unsigned width,
			 uint32_t value)
{
	struct virtio_pci *pci = pci_of(device);

	if (offset + width > pci->config_size)
		return;
	device->accesses++;
	if (width == 4)
		mmio_write32(pci->config, offset, value);
	else if (width == 2)
		mmio_write16(pci->config, offset, (uint16_t)value);
	else
		mmio_write8(pci->config, offset, (uint8_t)value);
}

static uint32_t config_generation(struct virtio_device *device)
{
	device->accesses++;
	return mmio_read8(pci_of(device)->common, GENERATION);
}

static const struct virtio_transport transport = {
	.name = "pci",
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

/* Reading tells what it was and lowers the line; others may share that. */
static void line_interrupt(void *arg)
{
	struct virtio_pci *pci = arg;
	uint8_t isr;

	if (pci->device.removed)
		return;
	pci->device.accesses++;
	isr = mmio_read8(pci->isr, 0);
	if (isr == ISR_GONE) {
		virtio_removed(&pci->device);
		return;
	}
	if (isr & ISR_QUEUE)
		(void)virtio_interrupt(&pci->device);
	if (isr & ISR_CONFIG)
		virtio_interrupt_config(&pci->device);
}

/* Vector 0 is the configuration's; the last one may stand for several queues, or for all. */
static void message_interrupt(void *arg)
{
	struct vector *vector = arg;
	struct virtio_pci *pci = vector->owner;
	unsigned last = pci->pci->irq_count - 1;

	if (pci->device.removed)
		return;
	if (!vector->index)
		virtio_interrupt_config(&pci->device);
	if (vector->index == last && last < pci->device.queue_count)
		(void)virtio_interrupt(&pci->device);
	else if (vector->index)
		virtio_interrupt_queue(&pci->device, vector->index - 1);
}

static int open_interrupts(struct virtio_pci *pci)
{
	unsigned queues = mmio_read16(pci->common, QUEUE_COUNT);
	int count = pci_irq_open(pci->pci, MIN(queues, (unsigned)VIRTIO_QUEUES_MAX) + 1), error = 0;

	if (count < 0)
		return count;
	if (!by_message(pci)) {
		pci->device.irq_line = pci->pci->intx.line;
		return pci_irq_attach(pci->pci, 0, line_interrupt, pci, "virtio");
	}
	pci->device.irq_line = pci->pci->messages[count - 1].line;
	for (unsigned i = 0; i < (unsigned)count && !error; i++) {
		pci->vectors[i] = (struct vector){pci, i};
		error = pci_irq_attach(pci->pci, i, message_interrupt, &pci->vectors[i], "virtio");
	}
	return error;
}

/* A part that a capability describes; NULL if it is not whole within its BAR, or too short. */
static volatile void *map_part(struct pci_device *pci, unsigned at, uint32_t size_min,
			       uint32_t *size)
{
	*size = pci_read32(pci, at + CAP_LENGTH);
	return *size < size_min ? NULL
				: pci_map(pci, pci_read8(pci, at + CAP_BAR),
					  pci_read32(pci, at + CAP_OFFSET), *size);
}

/* Of several parts of a kind the first that can be used counts [4.1.4.1]. */
static int find_parts(struct virtio_pci *pci)
{
	struct pci_device *bus = pci->pci;
	uint32_t size;

	for (unsigned at = 0; (at = pci_capability(bus, PCI_CAP_VENDOR, at));) {
		unsigned kind = pci_read8(bus, at + CAP_KIND);

		if (kind == KIND_COMMON && !pci->common) {
			pci->common = map_part(bus, at, COMMON_SIZE, &size);
		} else if (kind == KIND_ISR && !pci->isr) {
			pci->isr = map_part(bus, at, 1, &size);
		} else if (kind == KIND_CONFIG && !pci->config) {
			pci->config = map_part(bus, at, 1, &size);
			pci->config_size = pci->config ? size : 0;
		} else if (kind == KIND_NOTIFY && !pci->notify) {
			pci->notify = map_part(bus, at, 2, &pci->notify_size);
			pci->notify_multiplier = pci_read32(bus, at + CAP_MULTIPLIER);
		}
	}
	return pci->common && pci->isr && pci->notify ? 0 : -EINVAL;
}

static unsigned virtio_id(const struct pci_device *pci)
{
	if (pci->device >= DEVICE_MODERN && pci->device <= DEVICE_LAST)
		return pci->device - DEVICE_MODERN;
	if (pci->device >= DEVICE_TRANSITION && pci->device <= DEVICE_TRANS_LAST)
		return pci->subsystem;
	return 0;
}

static int start(struct virtio_pci *pci)
{
	int error = find_parts(pci);

	if (!error)
		error = open_interrupts(pci);
	if (error)
		return error;
	pci_master_on(pci->pci);
	return virtio_probe(&pci->device);
}

static int probe(struct pci_device *bus)
{
	unsigned id = virtio_id(bus);
	struct virtio_pci *pci;
	int error;

	if (!id)
		return -ENODEV;
	pci = heap_alloc_zeroed(sizeof(*pci));
	if (!pci)
		return -ENOMEM;
	str_copy(pci->device.name, bus->name, sizeof(pci->device.name));
	pci->device.transport = &transport;
	pci->device.id = id;
	pci->pci = bus;
	error = start(pci);
	if (error) {
		pci_master_off(bus);
		pci_irq_close(bus);
		heap_free(pci);
	}
	return error;
}

static const struct pci_id ids[] = {{VENDOR, PCI_ANY, 0, 0}, {0}};
PCI_DRIVER(PCI, virtio) = {.name = "virtio-pci", .ids = ids, .probe = probe};
