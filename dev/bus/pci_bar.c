/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base address registers [PCI 3.0, 6.2.5]: how much a function wants, and where it has it. What
 * firmware did not give an address gets one in the host's windows.
 */
#include <base/bits.h>
#include <kernel/log.h>
#include <mem/linear.h>

#include "pci_host.h"

LOG_MODULE_IF(PCI, pci);

#define BAR_IO	      1
#define BAR_IO_FLAGS  3
#define BAR_MEM_FLAGS 15
#define BAR_TYPE(low) ((low) >> 1 & 3)
#define BAR_64	      2
#define BAR_RESERVED  3

static void know_windows(struct pci_host *host)
{
	if (host->windows_known)
		return;
	host->windows_known = true;
	if (host->ops->find_windows)
		host->ops->find_windows(host);
}

uint64_t pci_window_align(struct pci_host *host, uint64_t align)
{
	struct pci_window *window = &host->low;
	uint64_t next;

	know_windows(host);
	next = align_up(window->next, align);
	window->next = next >= window->next && next <= window->end ? next : window->end;
	return window->next;
}

/* Bus address of a new piece; 0: there is no room. Sizes are powers of two. */
static uint64_t take(struct pci_window *window, uint64_t size)
{
	uint64_t start = align_up(window->next, size);

	if (start < window->next || start >= window->end || window->end - start < size)
		return 0;
	window->next = start + size;
	return start;
}

static void write_bar(struct pci_device *pci, unsigned index, bool wide, uint64_t value)
{
	pci_write32(pci, PCI_BAR(index), (uint32_t)value);
	if (wide)
		pci_write32(pci, PCI_BAR(index + 1), (uint32_t)(value >> 32));
}

static uint64_t read_bar(struct pci_device *pci, unsigned index, bool wide)
{
	uint64_t value = pci_read32(pci, PCI_BAR(index));

	if (wide)
		value |= (uint64_t)pci_read32(pci, PCI_BAR(index + 1)) << 32;
	return value;
}

/* Only what is on the root bus: a bridge's window for such addresses is kept closed. */
static bool assign(struct pci_device *pci, unsigned index, bool wide)
{
	struct pci_host *host = pci->host;
	struct pci_bar *bar = &pci->bars[index];
	struct pci_window *window = &host->low;
	uint64_t start;

	know_windows(host);
	start = take(window, bar->size);
	if (!start && wide && pci->bus == host->bus_first) {
		window = &host->high;
		start = take(window, bar->size);
	}
	if (!start)
		return false;
	write_bar(pci, index, wide, start);
	bar->pa = start + window->offset;
	return (read_bar(pci, index, wide) & ~(uint64_t)BAR_MEM_FLAGS) == start;
}

static bool usable(const struct pci_bar *bar)
{
	return bar->pa && is_aligned(bar->pa, bar->size) && bar->pa < ARCH_LINEAR_SIZE &&
	       bar->size <= ARCH_LINEAR_SIZE - bar->pa && !linear_overlaps_ram(bar->pa, bar->size);
}

/* Ones are written: the bits that can be set tell the size. Returns how many registers it has. */
static unsigned measure(struct pci_device *pci, unsigned index)
{
	struct pci_bar *bar = &pci->bars[index];
	uint32_t low = pci_read32(pci, PCI_BAR(index));
	bool wide = !(low & BAR_IO) && BAR_TYPE(low) == BAR_64;
	uint64_t old, mask;

	bar->io = low & BAR_IO;
	if (wide && index + 1 == PCI_BARS)
		return 1;
	old = read_bar(pci, index, wide);
	write_bar(pci, index, wide, ~(uint64_t)0);
	mask = read_bar(pci, index, wide);
	write_bar(pci, index, wide, old);
	if (bar->io) {
		mask = (mask & 0xffff & ~(uint64_t)BAR_IO_FLAGS);
		bar->size = mask ? 0x10000 - mask : 0;
		bar->pa = old & 0xffff & ~(uint64_t)BAR_IO_FLAGS;
		if (!is_pow2(bar->size) || pci->host->assign)
			bar->size = 0;
		return 1;
	}
	mask &= ~(uint64_t)BAR_MEM_FLAGS;
	if (mask && !wide)
		mask |= ~(uint64_t)UINT32_MAX;
	bar->size = -mask;
	if (!is_pow2(bar->size) || (!wide && BAR_TYPE(low) == BAR_RESERVED))
		bar->size = 0;
	bar->pa = old & ~(uint64_t)BAR_MEM_FLAGS;
	return 1 + wide;
}

void pci_bars_read(struct pci_device *pci)
{
	uint16_t command = pci_read16(pci, PCI_COMMAND);
	unsigned count;

	/* It must not answer at the addresses that measuring writes. */
	pci_write16(pci, PCI_COMMAND,
		    command & (uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEM | PCI_COMMAND_MASTER));
	for (unsigned i = 0; i < PCI_BARS; i += count) {
		struct pci_bar *bar = &pci->bars[i];

		count = measure(pci, i);
		if (!bar->size || bar->io)
			continue;
		if (pci->host->assign && !assign(pci, i, count == 2))
			bar->pa = 0;
		if (usable(bar))
			continue;
		log_warn("%s: no good address for %lu KiB of registers (%u)", pci->name,
			 (unsigned long)(bar->size >> 10), i);
		bar->size = 0;
	}
	pci_write16(pci, PCI_COMMAND, command);
}
