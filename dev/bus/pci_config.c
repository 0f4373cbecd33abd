/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration space: access, and the list of capabilities [PCI 3.0, 6.7]. */
#include <dev/mmio.h>
#include <mem/linear.h>

#include "pci_host.h"

#define CONFIG_SIZE	    4096
#define STATUS_CAPABILITIES 0x10
#define CAPABILITIES_FIRST  0x40

static uint32_t read(const struct pci_device *pci, unsigned offset, unsigned width)
{
	return pci->host->ops->read(pci->host, PCI_AT(pci->bus, pci->slot, pci->function), offset,
				    width);
}

static void write(const struct pci_device *pci, unsigned offset, unsigned width, uint32_t value)
{
	pci->host->ops->write(pci->host, PCI_AT(pci->bus, pci->slot, pci->function), offset, width,
			      value);
}

uint8_t pci_read8(const struct pci_device *pci, unsigned offset)
{
	return (uint8_t)read(pci, offset, 1);
}

uint16_t pci_read16(const struct pci_device *pci, unsigned offset)
{
	return (uint16_t)read(pci, offset, 2);
}

uint32_t pci_read32(const struct pci_device *pci, unsigned offset)
{
	return read(pci, offset, 4);
}

void pci_write8(const struct pci_device *pci, unsigned offset, uint8_t value)
{
	write(pci, offset, 1, value);
}

void pci_write16(const struct pci_device *pci, unsigned offset, uint16_t value)
{
	write(pci, offset, 2, value);
}

void pci_write32(const struct pci_device *pci, unsigned offset, uint32_t value)
{
	write(pci, offset, 4, value);
}

/* Each place is looked at once, so that a list that loops ends, also for who asks for all of it. */
unsigned pci_capability(const struct pci_device *pci, uint8_t id, unsigned previous)
{
	unsigned at;
	uint64_t seen = 0;
	bool behind = !previous;

	if (!(pci_read16(pci, PCI_STATUS) & STATUS_CAPABILITIES))
		return 0;
	at = pci_read8(pci, PCI_CAPABILITIES) & ~3U;
	while (at >= CAPABILITIES_FIRST && !(seen >> at / 4 & 1)) {
		seen |= UINT64_C(1) << at / 4;
		if (behind && pci_read8(pci, at) == id)
			return at;
		behind |= at == previous;
		at = pci_read8(pci, at + 1) & ~3U;
	}
	return 0;
}

volatile void *pci_map(const struct pci_device *pci, unsigned bar, uint64_t offset, uint64_t len)
{
	const struct pci_bar *b;

	if (bar >= PCI_BARS)
		return NULL;
	b = &pci->bars[bar];
	if (b->io || offset >= b->size)
		return NULL;
	if (!len)
		len = b->size - offset;
	return len <= b->size - offset ? linear_map_device(b->pa + offset, len) : NULL;
}

static void set_command(const struct pci_device *pci, uint16_t clear, uint16_t set)
{
	uint16_t command = pci_read16(pci, PCI_COMMAND);

	pci_write16(pci, PCI_COMMAND, (uint16_t)((command & ~clear) | set));
}

void pci_master_on(const struct pci_device *pci)
{
	set_command(pci, 0, PCI_COMMAND_MASTER);
}

void pci_master_off(const struct pci_device *pci)
{
	set_command(pci, PCI_COMMAND_MASTER, 0);
}

/* Each function has 4 KiB. */
static volatile void *config_of(struct pci_host *host, unsigned at)
{
	return (volatile char *)host->ecam + (((size_t)at - PCI_AT(host->bus_first, 0, 0)) << 12);
}

uint32_t pci_ecam_read(struct pci_host *host, unsigned at, unsigned offset, unsigned width)
{
	volatile void *config = config_of(host, at);

	if (offset >= CONFIG_SIZE)
		return ~0U;
	return width == 1   ? mmio_read8(config, offset)
	       : width == 2 ? mmio_read16(config, offset)
			    : mmio_read32(config, offset);
}

void pci_ecam_write(struct pci_host *host, unsigned at, unsigned offset, unsigned width,
		    uint32_t value)
{
	volatile void *config = config_of(host, at);

	if (offset >= CONFIG_SIZE)
		return;
	if (width == 1)
		mmio_write8(config, offset, (uint8_t)value);
	else if (width == 2)
		mmio_write16(config, offset, (uint16_t)value);
	else
		mmio_write32(config, offset, value);
}
