/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host bridges of the device tree whose configuration space is in memory [host-generic-pci
 * binding]. Nobody has set anything up: buses and addresses are ours to give.
 */
#include <errno.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/fdt.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "pci_host.h"

LOG_MODULE_IF(PCI, pci);

#define TREE_MAX     (16UL << 20)
#define BUS_BYTES    (1UL << 20)
#define SPACE(range) ((range)->space >> 24 & 3)
#define SPACE_MEM32  2
#define SPACE_MEM64  3
#define MAP_KEY	     16 /* unit address of three cells, and the pin */

/* The walk stands at the node that `property` of `value` says; a second walk of the tree. */
static bool find_node(struct fdt_walk *walk, const uint8_t *properties, uint32_t phandle)
{
	int more = fdt_walk_begin(walk, linear_address(boot_info.firmware_pa), TREE_MAX);

	while (more >= 0 && (more = fdt_walk_next(walk)) > 0)
		if (properties ? walk->node.properties == properties
			       : fdt_number(&walk->node.value[FDT_PHANDLE]) == phandle &&
					 walk->node.value[FDT_PHANDLE].data)
			return true;
	return false;
}

static void set_window(struct pci_window *window, const struct fdt_range *range)
{
	if (window->end || range->size > UINT64_MAX - range->child ||
	    range->size > UINT64_MAX - range->parent)
		return;
	/* 0 as an address means "none" to many devices. */
	window->next = MAX(range->child, UINT64_C(0x1000));
	window->end = range->child + range->size;
	window->offset = range->parent - range->child;
}

static void find_windows(struct pci_host *host)
{
	struct fdt_walk walk;
	struct fdt_range range;

	if (!find_node(&walk, host->device->firmware, 0))
		return;
	for (unsigned i = 0; !fdt_range(&walk, i, &range); i++) {
		if (SPACE(&range) == SPACE_MEM32 && range.child + range.size <= UINT64_C(1) << 32)
			set_window(&host->low, &range);
		else if (SPACE(&range) == SPACE_MEM64)
			set_window(&host->high, &range);
	}
}

static uint32_t cells_of(uint32_t phandle, enum fdt_key key)
{
	struct fdt_walk walk;

	return find_node(&walk, NULL, phandle) ? (uint32_t)fdt_number(&walk.node.value[key]) : 0;
}

/* Is the entry for this slot and pin? Both are masked. */
static bool entry_fits(const uint8_t *entry, const uint8_t *mask, const struct pci_device *pci)
{
	uint32_t unit = (uint32_t)pci->root_slot << 11;

	return ((be32_load(entry) ^ unit) & be32_load(mask)) == 0 &&
	       ((be32_load(entry + 12) ^ pci->root_pin) & be32_load(mask + 12)) == 0;
}

/*
 * Entries of `interrupt-map` are the key, the controller's phandle, its unit address and its
 * cells. One controller, the root one, is all that is understood.
 */
static int route(struct pci_host *host, const struct pci_device *pci, struct device_irq *irq)
{
	uint32_t len, mask_len, phandle, size, address;
	const uint8_t *map = device_property(host->device, "interrupt-map", &len),
		      *mask = device_property(host->device, "interrupt-map-mask", &mask_len);
	const struct intc_ops *intc = irq_controller();

	if (!map || !mask || mask_len != MAP_KEY || len < MAP_KEY + 4 || !intc)
		return -ENOENT;
	phandle = be32_load(map + MAP_KEY);
	address = cells_of(phandle, FDT_ADDRESS_CELLS);
	if (cells_of(phandle, FDT_INTERRUPT_CELLS) != intc->cells || address > 4)
		return -EINVAL;
	size = MAP_KEY + 4 + 4 * (address + intc->cells);
	for (uint32_t at = 0; len - at >= size; at += size)
		if (be32_load(map + at + MAP_KEY) != phandle)
			return -EINVAL;
		else if (entry_fits(map + at, mask, pci))
			return intc->decode(map + at + MAP_KEY + 4 + 4 * address, &irq->line,
					    &irq->trigger);
	return -ENOENT;
}

static const struct pci_host_ops ops = {.read = pci_ecam_read,
					.write = pci_ecam_write,
					.route = route,
					.find_windows = find_windows};

static int probe(const struct device *device)
{
	uint64_t buses = device->regs[0].size / BUS_BYTES;
	struct pci_host *host;
	const uint8_t *range;
	uint32_t len;

	if (!device->reg_count || !buses ||
	    device->regs[0].pa > ARCH_LINEAR_SIZE - device->regs[0].size)
		return -EINVAL;
	host = heap_alloc_zeroed(sizeof(*host));
	if (!host)
		return -ENOMEM;
	host->ops = &ops;
	host->device = device;
	host->assign = true;
	range = device_property(device, "bus-range", &len);
	if (range && len == 8)
		host->bus_first = (uint8_t)be32_load(range);
	host->bus_last = (uint8_t)MIN(host->bus_first + buses - 1, UINT64_C(255));
	if (range && len == 8)
		host->bus_last = (uint8_t)MIN(be32_load(range + 4), (uint32_t)host->bus_last);
	host->ecam = linear_map_device(device->regs[0].pa, buses * BUS_BYTES);
	if (!host->ecam || host->bus_last < host->bus_first) {
		heap_free(host);
		return -ENOMEM;
	}
	pci_host_add(host);
	return 0;
}

static const char *const compatible[] = {"pci-host-ecam-generic", NULL};
static const struct driver driver_pci SECTION_SET_IF(driver, PCI) = {
	.name = "pci", .compatible = compatible, .phase = DRIVER_OTHER, .probe = probe};
