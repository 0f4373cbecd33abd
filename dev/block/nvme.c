/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NVMe [1.4]: finding a controller's disks, which it calls namespaces. One pair of queues; see
 * nvme_admin.c for the controller, nvme_io.c for requests, nvme_watch.c for one that is silent.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>
#include <base/fmt.h>
#include <kernel/log.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "nvme.h"

LOG_MODULE_IF(FS, nvme);

#define CLASS_NVME	0x010802
#define REGS_SIZE	0x1000
#define CAP_ENTRIES(c)	(((c)&0xffff) + 1)
#define CAP_PAGE_MIN(c) ((c) >> 48 & 0xf) /* 4 KiB << n */
#define CAP_NVM(c)	((c) >> 37 & 1)

/* What identify tells [5.15.2]. */
enum { OF_NAMESPACE, OF_CONTROLLER, OF_ACTIVE };
#define CONTROLLER_MDTS	 77 /* the largest transfer: so many pages, as a power of two; 0: any */
#define CONTROLLER_ONCS	 520
#define CONTROLLER_VWC	 525
#define ONCS_DISCARD	 4
#define ONCS_ZERO	 8
#define NAMESPACE_SIZE	 0
#define NAMESPACE_FORMAT 26
#define NAMESPACE_ATTR	 99
#define NAMESPACE_LBAF	 128 /* 16 times: metadata bytes, log2 of the block */
#define CLEAR_BLOCKS	 65536

#define FRAMES_QUEUES 4
#define FRAMES_LISTS  (NVME_SLOTS * NVME_LIST * 8 / NVME_PAGE)
#define FRAMES_BOUNCE (NVME_BOUNCE / NVME_PAGE)
#define FRAMES	      (FRAMES_QUEUES + FRAMES_LISTS + FRAMES_BOUNCE)

#define CONTROLLERS_MAX 4

STATIC_ASSERT(sizeof(struct nvme_command) == 64);
STATIC_ASSERT(sizeof(struct nvme_completion) == 16);
STATIC_ASSERT(NVME_QUEUE_SIZE * sizeof(struct nvme_command) <= NVME_PAGE);

static struct nvme *controllers[CONTROLLERS_MAX];
static unsigned controller_count, disk_number;

struct nvme *nvme_at(unsigned index)
{
	return index < controller_count ? controllers[index] : NULL;
}

/* One piece of memory for all that the device reaches of the driver's own. */
static int alloc_memory(struct nvme *nvme)
{
	uint64_t pa = frame_alloc_contiguous(FRAMES, 1);
	uint8_t *memory = linear_address(pa);

	if (!pa)
		return -ENOMEM;
	nvme->admin.commands = (void *)memory;
	nvme->admin.completions = (void *)(memory + NVME_PAGE);
	nvme->io.commands = (void *)(memory + 2 * NVME_PAGE);
	nvme->io.completions = (void *)(memory + 3 * NVME_PAGE);
	memory += FRAMES_QUEUES * NVME_PAGE;
	for (unsigned i = 0; i < NVME_SLOTS; i++)
		nvme->slots[i].list = (uint64_t *)memory + i * NVME_LIST;
	nvme->bounce = memory + FRAMES_LISTS * NVME_PAGE;
	nvme->free_slots = ~UINT32_C(0);
	return 0;
}

static int read_controller(struct nvme *nvme)
{
	const uint8_t *page = nvme->bounce;
	unsigned mdts;
	int error = nvme_identify(nvme, 0, OF_CONTROLLER, nvme->bounce);

	if (error)
		return error;
	mdts = page[CONTROLLER_MDTS] + CAP_PAGE_MIN(nvme->cap);
	nvme->bytes_max = NVME_LIST * NVME_PAGE;
	if (page[CONTROLLER_MDTS] && mdts < 8)
		nvme->bytes_max = MIN(nvme->bytes_max, (uint32_t)NVME_PAGE << mdts);
	nvme->can_flush = page[CONTROLLER_VWC] & 1;
	nvme->can_discard = page[CONTROLLER_ONCS] & ONCS_DISCARD;
	nvme->can_zero = page[CONTROLLER_ONCS] & ONCS_ZERO;
	return 0;
}

static void add_disk(struct nvme *nvme, uint32_t nsid)
{
	uint8_t *page = nvme->bounce;
	const uint8_t *format;
	struct nvme_disk *disk;
	uint64_t blocks;
	unsigned shift;

	if (nvme_identify(nvme, nsid, OF_NAMESPACE, page))
		return;
	format = page + NAMESPACE_LBAF + 4 * (page[NAMESPACE_FORMAT] & 15);
	blocks = le64_load(page + NAMESPACE_SIZE);
	shift = format[2];
	if (shift < 9 || shift > 12 || le16_load(format) || !blocks ||
	    blocks > BLOCK_SECTORS_MAX >> (shift - 9)) {
		log_warn("%s: namespace %u is left out: %lu blocks of 2^%u bytes, metadata %u",
			 nvme->pci->name, nsid, (unsigned long)blocks, shift, le16_load(format));
		return;
	}
	disk = heap_alloc_zeroed(sizeof(*disk));
	if (!disk)
		return;
	disk->nvme = nvme;
	disk->nsid = nsid;
	disk->shift = shift - 9;
	list_init(&disk->waiting);
	disk->block = (struct block_device){.ops = &nvme_ops,
					    .sectors = blocks << disk->shift,
					    .block = 1U << shift,
					    .sectors_max = nvme->bytes_max / BLOCK_SECTOR,
					    .pieces_max = UINT16_MAX,
					    .clear_max = CLEAR_BLOCKS << disk->shift,
					    .read_only = page[NAMESPACE_ATTR] & 1,
					    .can_flush = nvme->can_flush,
					    .can_discard = nvme->can_discard,
					    .can_zero = nvme->can_zero,
					    .driver = disk};
	fmt_string(disk->block.name, sizeof(disk->block.name), "nvme%u", disk_number);
	nvme->disks[nvme->disk_count] = disk;
	if (block_register(&disk->block)) {
		heap_free(disk);
		return;
	}
	nvme->disk_count++;
	disk_number++;
}

/* The list is in the order of their numbers, and ends with 0. */
static int find_disks(struct nvme *nvme)
{
	uint32_t numbers[NVME_DISKS_MAX], last = 0;
	int error = nvme_identify(nvme, 0, OF_ACTIVE, nvme->bounce);

	if (error)
		return error;
	memcpy(numbers, nvme->bounce, sizeof(numbers));
	for (unsigned i = 0; i < NVME_DISKS_MAX && numbers[i] > last; i++) {
		last = numbers[i];
		add_disk(nvme, last);
	}
	return nvme->disk_count ? 0 : -ENODEV;
}

/* The interrupt comes once there are disks: until then answers are polled for. */
static int set_up(struct nvme *nvme)
{
	int error = pci_irq_open(nvme->pci, 1);

	nvme->again.run = nvme_interrupt_again;
	if (error > 0)
		error = pci_irq_attach(nvme->pci, 0, nvme_interrupt, nvme, "nvme");
	if (!error)
		error = nvme_start(nvme);
	if (!error)
		error = read_controller(nvme);
	if (!error)
		error = find_disks(nvme);
	if (!error)
		nvme_go_on(nvme);
	return error;
}

static int check_abilities(const struct nvme *nvme)
{
	if (nvme->pci->bars[0].size < nvme_doorbell(nvme, 2) || !CAP_NVM(nvme->cap))
		return -EINVAL;
	return CAP_ENTRIES(nvme->cap) >= NVME_QUEUE_SIZE && !CAP_PAGE_MIN(nvme->cap) ? 0 : -ENODEV;
}

static int probe(struct pci_device *pci)
{
	struct nvme *nvme = heap_alloc_zeroed(sizeof(*nvme));
	int error = -EINVAL;

	if (!nvme)
		return -ENOMEM;
	nvme->pci = pci;
	nvme->stopped = true;
	nvme->regs = pci_map(pci, 0, 0, 0);
	if (nvme->regs && pci->bars[0].size > REGS_SIZE && controller_count < CONTROLLERS_MAX) {
		nvme->cap = mmio_read64(nvme->regs, 0);
		error = check_abilities(nvme);
	}
	if (!error)
		error = alloc_memory(nvme);
	if (error) {
		heap_free(nvme);
		return error;
	}
	error = set_up(nvme);
	if (error) {
		nvme_stop(nvme);
		pci_irq_close(pci);
		frame_free_contiguous(linear_physical(nvme->admin.commands), FRAMES);
		heap_free(nvme);
		return error;
	}
	controllers[controller_count++] = nvme;
	return 0;
}

static const struct pci_id ids[] = {{PCI_ID_CLASS(CLASS_NVME)}, {0}};
PCI_DRIVER(NVME, nvme) = {.name = "nvme", .ids = ids, .probe = probe};
