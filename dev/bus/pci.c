/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search of PCI buses [PCI 3.0, 6], once, in early boot: what a linked driver knows gets a
 * description, and addresses if it has none; bridges get bus numbers and windows. Then the drivers
 * are probed.
 */
#include <errno.h>

#include <base/fmt.h>
#include <kernel/log.h>
#include <mem/heap.h>

#include "pci_host.h"

LOG_MODULE_IF(PCI, pci);

#define SLOTS	  32
#define FUNCTIONS 8
#define DEPTH_MAX 6 /* bridges behind one another; the search uses the stack */

#define HEADER_KIND	   0x7f
#define HEADER_BRIDGE	   1
#define HEADER_MANY	   0x80
#define BRIDGE_PRIMARY	   0x18
#define BRIDGE_SECONDARY   0x19
#define BRIDGE_SUBORDINATE 0x1a
#define BRIDGE_IO_BASE	   0x1c
#define BRIDGE_MEM_BASE	   0x20 /* base and limit, in MiB, in the upper 12 bits of each */
#define BRIDGE_PREFETCH	   0x24
#define BRIDGE_MEM_UNIT	   0x100000UL
#define BRIDGE_CLOSED_IO   0x00f0
#define BRIDGE_CLOSED	   0x0000fff0 /* the base is above the limit */

SET_DECLARE(const struct pci_driver, pci_driver);

struct bus {
	const struct bus *parent; /* NULL: the host's own */
	uint8_t number, slot;	  /* slot: of the bridge to it, on the parent */
	unsigned depth;
};

static struct list taken = LIST_INIT(taken);
static uint32_t segments_known;

static const struct pci_driver *find_driver(const struct pci_device *pci)
{
	SET_FOR_EACH (const struct pci_driver, pci_driver, d)
		for (const struct pci_id *id = d->ids; id->vendor; id++)
			if ((id->vendor == PCI_ANY || id->vendor == pci->vendor) &&
			    (id->device == PCI_ANY || id->device == pci->device) &&
			    !((id->class ^ pci->class) & id->class_mask))
				return d;
	return NULL;
}

/* INTA to INTD are turned by the slot at each bridge [PCI-to-PCI bridge 1.2, 9.1]. */
static void find_root_pin(struct pci_device *pci, const struct bus *bus)
{
	unsigned pin = pci_read8(pci, PCI_IRQ_PIN), slot = pci->slot;

	if (!pin || pin > 4)
		return;
	for (; bus->parent; bus = bus->parent) {
		pin = (pin - 1 + slot) % 4 + 1;
		slot = bus->slot;
	}
	pci->root_pin = (uint8_t)pin;
	pci->root_slot = (uint8_t)slot;
}

static void describe(struct pci_device *pci, uint32_t id)
{
	uint32_t word = pci_read32(pci, PCI_REVISION);

	pci->vendor = (uint16_t)id;
	pci->device = (uint16_t)(id >> 16);
	pci->revision = (uint8_t)word;
	pci->class = word >> 8;
}

static void found(const struct bus *bus, const struct pci_device *described)
{
	const struct pci_driver *driver = find_driver(described);
	struct pci_device *pci;
	uint32_t word;

	if (!driver)
		return;
	pci = heap_alloc(sizeof(*pci));
	if (!pci)
		return;
	*pci = *described;
	pci->driver = driver;
	word = pci_read32(pci, PCI_SUBSYSTEM);
	pci->subsystem_vendor = (uint16_t)word;
	pci->subsystem = (uint16_t)(word >> 16);
	fmt_string(pci->name, sizeof(pci->name), "%02x:%02x.%u", pci->bus, pci->slot,
		   pci->function);
	find_root_pin(pci, bus);
	pci_bars_read(pci);
	list_push_back(&pci->host->found, &pci->node);
}

static void scan_bus(struct pci_host *host, const struct bus *bus);

/* What lies behind the bridge lies in one piece of the window for 32-bit addresses. */
static void set_windows(const struct pci_device *bridge, uint64_t start, uint64_t end)
{
	uint32_t window = BRIDGE_CLOSED;

	if (end > start)
		window = (uint32_t)(start >> 16 & 0xfff0) | ((uint32_t)(end - 1) & 0xfff00000);
	pci_write32(bridge, BRIDGE_MEM_BASE, window);
	pci_write32(bridge, BRIDGE_PREFETCH, BRIDGE_CLOSED);
	pci_write16(bridge, BRIDGE_IO_BASE, BRIDGE_CLOSED_IO);
	pci_write16(bridge, PCI_COMMAND, PCI_COMMAND_MEM | PCI_COMMAND_MASTER);
}

static void scan_new_bridge(const struct pci_device *bridge, struct bus *behind)
{
	struct pci_host *host = bridge->host;
	uint64_t start;

	if (host->bus_next > host->bus_last) {
		log_warn("%02x:%02x.%u: no bus number is left", bridge->bus, bridge->slot,
			 bridge->function);
		return;
	}
	behind->number = (uint8_t)host->bus_next++;
	pci_write8(bridge, BRIDGE_PRIMARY, bridge->bus);
	pci_write8(bridge, BRIDGE_SECONDARY, behind->number);
	pci_write8(bridge, BRIDGE_SUBORDINATE, host->bus_last);
	start = pci_window_align(host, BRIDGE_MEM_UNIT);
	scan_bus(host, behind);
	pci_write8(bridge, BRIDGE_SUBORDINATE, (uint8_t)(host->bus_next - 1));
	set_windows(bridge, start, pci_window_align(host, BRIDGE_MEM_UNIT));
}

/* Numbers that firmware gave grow from bus to bus, and each belongs to one bridge. */
static void scan_known_bridge(const struct pci_device *bridge, struct bus *behind)
{
	struct pci_host *host = bridge->host;
	unsigned number = pci_read8(bridge, BRIDGE_SECONDARY);

	if (number <= bridge->bus || number > host->bus_last ||
	    host->buses_seen[number / 32] >> number % 32 & 1)
		return;
	behind->number = (uint8_t)number;
	scan_bus(host, behind);
}

static void scan_bridge(const struct bus *bus, const struct pci_device *bridge)
{
	struct bus behind = {.parent = bus, .slot = bridge->slot, .depth = bus->depth + 1};

	if (behind.depth > DEPTH_MAX)
		log_warn("%02x:%02x.%u: too many bridges behind one another", bridge->bus,
			 bridge->slot, bridge->function);
	else if (bridge->host->assign)
		scan_new_bridge(bridge, &behind);
	else
		scan_known_bridge(bridge, &behind);
}

/* Returns whether the slot may have more functions. */
static bool scan_function(const struct bus *bus, struct pci_device *pci)
{
	uint32_t id = pci_read32(pci, PCI_VENDOR);
	uint8_t header;

	if ((uint16_t)id == 0xffff || !(uint16_t)id)
		return pci->function;
	header = pci_read8(pci, PCI_HEADER_TYPE);
	describe(pci, id);
	log_debug("%02x:%02x.%u: %04x:%04x class %06x", pci->bus, pci->slot, pci->function,
		  pci->vendor, pci->device, pci->class);
	if ((header & HEADER_KIND) == HEADER_BRIDGE)
		scan_bridge(bus, pci);
	else if (!(header & HEADER_KIND))
		found(bus, pci);
	return pci->function || header & HEADER_MANY;
}

static void scan_bus(struct pci_host *host, const struct bus *bus)
{
	host->buses_seen[bus->number / 32] |= 1U << bus->number % 32;
	for (unsigned slot = 0; slot < SLOTS; slot++)
		for (unsigned function = 0; function < FUNCTIONS; function++) {
			struct pci_device pci = {.host = host,
						 .bus = bus->number,
						 .slot = (uint8_t)slot,
						 .function = (uint8_t)function};

			if (!scan_function(bus, &pci))
				break;
		}
}

static void probe(struct pci_device *pci)
{
	uint16_t command = pci_read16(pci, PCI_COMMAND);
	int error;

	command &= (uint16_t)~PCI_COMMAND_MASTER;
	pci_write16(pci, PCI_COMMAND, command | PCI_COMMAND_MEM | PCI_COMMAND_NO_INTX);
	error = pci->driver->probe(pci);
	if (!error) {
		log_debug("%s: %s", pci->name, pci->driver->name);
		list_push_back(&taken, &pci->node);
		return;
	}
	if (error != -ENODEV)
		log_warn("%s: %s does not work: error %d", pci->name, pci->driver->name, -error);
	pci_master_off(pci);
	pci_irq_close(pci);
	heap_free(pci);
}

bool pci_host_known(unsigned segment)
{
	return segment < 32 && segments_known >> segment & 1;
}

void pci_host_add(struct pci_host *host)
{
	struct bus bus = {.number = host->bus_first};
	struct list *node;

	if (host->segment < 32)
		segments_known |= 1U << host->segment;
	list_init(&host->found);
	host->bus_next = host->bus_first + 1U;
	scan_bus(host, &bus);
	while ((node = list_pop_front(&host->found)))
		probe(LIST_ENTRY(node, struct pci_device, node));
}

struct pci_device *pci_device_at(unsigned index)
{
	LIST_FOR_EACH (struct pci_device, pci, &taken, node)
		if (!index--)
			return pci;
	return NULL;
}
