/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PC's PCI: configuration space in memory where ACPI's MCFG says so [PCI firmware 3.0, 4.1.2],
 * else behind two ports [PCI 3.0, 3.2.2.3.2]. Firmware has numbered buses, given addresses, and
 * written the ISA interrupt that the function's INTx is routed to into its line register.
 */
#include <errno.h>

#include <arch/port.h>
#include <base/bits.h>
#include <base/endian.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "acpi.h"
#include "pc.h"
#include "pci_host.h"

LOG_MODULE_IF(PCI, pci);

#define PORT_ADDRESS   0xcf8
#define PORT_DATA      0xcfc
#define ADDRESS_ENABLE 0x80000000U

#define MCFG_ENTRIES 44
#define MCFG_ENTRY   16

static struct spinlock lock; /* address and data belong together */

static uint32_t port_read(struct pci_host *host, unsigned at, unsigned offset, unsigned width)
{
	struct irq_state state;
	uint32_t value;

	(void)host;
	if (offset > 0xff)
		return ~0U;
	state = spinlock_lock(&lock);
	arch_port_write32(PORT_ADDRESS, ADDRESS_ENABLE | at << 8 | (offset & 0xfc));
	value = arch_port_read32(PORT_DATA) >> 8 * (offset & 3);
	spinlock_unlock(&lock, state);
	return width == 4 ? value : value & ((1U << 8 * width) - 1);
}

static void port_write(struct pci_host *host, unsigned at, unsigned offset, unsigned width,
		       uint32_t value)
{
	uint16_t port = (uint16_t)(PORT_DATA + (offset & 3));
	struct irq_state state;

	(void)host;
	if (offset > 0xff)
		return;
	state = spinlock_lock(&lock);
	arch_port_write32(PORT_ADDRESS, ADDRESS_ENABLE | at << 8 | (offset & 0xfc));
	if (width == 1)
		arch_port_write8(port, (uint8_t)value);
	else if (width == 2)
		arch_port_write16(port, (uint16_t)value);
	else
		arch_port_write32(port, value);
	spinlock_unlock(&lock, state);
}

static int route(struct pci_host *host, const struct pci_device *pci, struct device_irq *irq)
{
	(void)host;
	return pc_isa_irq(pci_read8(pci, PCI_IRQ_LINE), irq);
}

static const struct pci_host_ops port_ops = {
	.read = port_read, .write = port_write, .route = route};
static const struct pci_host_ops ecam_ops = {
	.read = pci_ecam_read, .write = pci_ecam_write, .route = route};

static int add_host(const struct pci_host *like)
{
	struct pci_host *host = heap_alloc(sizeof(*host));

	if (!host)
		return -ENOMEM;
	*host = *like;
	pci_host_add(host);
	return 0;
}

static void read_entry(const uint8_t *entry)
{
	struct pci_host host = {.ops = &ecam_ops,
				.segment = le16_load(entry + 8),
				.bus_first = entry[10],
				.bus_last = entry[11]};
	uint64_t pa = le64_load(entry) + ((uint64_t)host.bus_first << 20),
		 size = (uint64_t)(host.bus_last - host.bus_first + 1) << 20;

	if (host.bus_last < host.bus_first || pa > ARCH_LINEAR_SIZE - size ||
	    linear_overlaps_ram(pa, size) || pci_host_known(host.segment)) {
		log_warn("MCFG: a bad entry is left out");
		return;
	}
	host.ecam = linear_map_device(pa, size);
	if (host.ecam)
		add_host(&host);
}

static int mcfg_probe(const struct device *device)
{
	const uint8_t *table = device->firmware;

	for (unsigned at = MCFG_ENTRIES; at + MCFG_ENTRY <= acpi_length(table); at += MCFG_ENTRY)
		read_entry(table + at);
	return 0;
}

/* Probed behind the other: they reach the same buses. */
static int port_probe(const struct device *device)
{
	struct pci_host host = {.ops = &port_ops, .bus_last = 255};

	(void)device;
	if (pci_host_known(0))
		return -ENODEV;
	arch_port_write32(PORT_ADDRESS, ADDRESS_ENABLE);
	if (arch_port_read32(PORT_ADDRESS) != ADDRESS_ENABLE ||
	    (uint16_t)arch_port_read32(PORT_DATA) == 0xffff)
		return -ENODEV;
	return add_host(&host);
}

static const char *const mcfg_compatible[] = {"acpi,mcfg", NULL};
static const struct driver driver_mcfg SECTION_SET_IF(driver, PCI) = {.name = "pci-mcfg",
								      .compatible = mcfg_compatible,
								      .phase = DRIVER_OTHER,
								      .probe = mcfg_probe};
static const char *const port_compatible[] = {"pc,pci", NULL};
static const struct driver driver_ports SECTION_SET_IF(driver,
						       PCI) = {.name = "pci-ports",
							       .compatible = port_compatible,
							       .phase = DRIVER_OTHER,
							       .probe = port_probe};
