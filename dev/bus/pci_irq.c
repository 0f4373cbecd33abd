/* SPDX-License-Identifier: BSD-2-Clause */
/* A function's interrupts: MSI-X, MSI or the shared line [PCI 3.0, 6.8]. */
#include <errno.h>

#include <base/bits.h>
#include <dev/mmio.h>

#include "pci_host.h"

#define CONTROL	      2 /* in both capabilities */
#define MSIX_ENABLE   0x8000
#define MSIX_MASK_ALL 0x4000
#define MSIX_COUNT    0x07ff
#define MSIX_TABLE    4
#define MSIX_BAR      7
#define MSIX_ENTRY    16
#define MSIX_DATA     8
#define MSIX_CONTROL  12
#define MSI_ENABLE    1
#define MSI_COUNT     0x0070
#define MSI_64	      0x0080
#define MSI_MASKS     0x0100
#define MSI_ADDRESS   4

static uint32_t requester(const struct pci_device *pci)
{
	return PCI_AT(pci->bus, pci->slot, pci->function);
}

static unsigned take_messages(struct pci_device *pci, unsigned wanted)
{
	unsigned count = 0;

	while (count < MIN(wanted, (unsigned)PCI_MESSAGES_MAX) &&
	       !msi_alloc(requester(pci), &pci->messages[count]))
		count++;
	return count;
}

static void give_messages(struct pci_device *pci, unsigned count)
{
	while (count--)
		msi_free(&pci->messages[count]);
}

static bool open_msix(struct pci_device *pci, unsigned wanted)
{
	unsigned at = pci_capability(pci, PCI_CAP_MSIX, 0), control, size;
	uint32_t table;

	if (!at)
		return false;
	control = pci_read16(pci, at + CONTROL);
	table = pci_read32(pci, at + MSIX_TABLE);
	size = (control & MSIX_COUNT) + 1;
	pci->msix_table = pci_map(pci, table & MSIX_BAR, table & ~(uint32_t)MSIX_BAR,
				  size * MSIX_ENTRY);
	if (!pci->msix_table)
		return false;
	pci->irq_count = take_messages(pci, MIN(wanted, size));
	if (!pci->irq_count)
		return false;
	pci_write16(pci, at + CONTROL, (uint16_t)(control | MSIX_ENABLE | MSIX_MASK_ALL));
	for (unsigned i = 0; i < size; i++)
		mmio_write32(pci->msix_table, i * MSIX_ENTRY + MSIX_CONTROL, 1);
	for (unsigned i = 0; i < pci->irq_count; i++) {
		const struct msi_message *message = &pci->messages[i];
		unsigned entry = i * MSIX_ENTRY;

		mmio_write32(pci->msix_table, entry, (uint32_t)message->address);
		mmio_write32(pci->msix_table, entry + 4, (uint32_t)(message->address >> 32));
		mmio_write32(pci->msix_table, entry + MSIX_DATA, message->data);
	}
	pci_write16(pci, at + CONTROL, (uint16_t)((control | MSIX_ENABLE) & ~MSIX_MASK_ALL));
	pci->irq_kind = PCI_IRQ_MSIX;
	pci->irq_capability = at;
	return true;
}

/* Several messages would have to be neighbours: one is taken. */
static bool open_msi(struct pci_device *pci)
{
	unsigned at = pci_capability(pci, PCI_CAP_MSI, 0), control, data;

	if (!at || !take_messages(pci, 1))
		return false;
	control = pci_read16(pci, at + CONTROL);
	data = at + MSI_ADDRESS + (control & MSI_64 ? 8 : 4);
	if (!(control & MSI_64) && pci->messages[0].address >> 32) {
		give_messages(pci, 1);
		return false;
	}
	pci_write32(pci, at + MSI_ADDRESS, (uint32_t)pci->messages[0].address);
	if (control & MSI_64)
		pci_write32(pci, at + MSI_ADDRESS + 4, (uint32_t)(pci->messages[0].address >> 32));
	pci_write16(pci, data, (uint16_t)pci->messages[0].data);
	if (control & MSI_MASKS)
		pci_write32(pci, data + 4, 0);
	pci_write16(pci, at + CONTROL, (uint16_t)((control & ~MSI_COUNT) | MSI_ENABLE));
	pci->irq_count = 1;
	pci->irq_kind = PCI_IRQ_MSI;
	pci->irq_capability = at;
	return true;
}

int pci_irq_open(struct pci_device *pci, unsigned wanted)
{
	if (!wanted)
		return -EINVAL;
	if (open_msix(pci, wanted) || open_msi(pci))
		return (int)pci->irq_count;
	if (!pci->root_pin || pci->host->ops->route(pci->host, pci, &pci->intx))
		return -ENODEV;
	pci->irq_kind = PCI_IRQ_INTX;
	pci->irq_count = 1;
	return 1;
}

int pci_irq_attach(struct pci_device *pci, unsigned index, irq_handler *handler, void *arg,
		   const char *name)
{
	int error;

	if (index >= pci->irq_count || pci->attached >> index & 1)
		return -EINVAL;
	if (pci->irq_kind == PCI_IRQ_INTX) {
		error = irq_attach(pci->intx.line, pci->intx.trigger, handler, arg, name);
		pci->intx_handler = handler;
		pci->intx_arg = arg;
		if (!error)
			pci_write16(pci, PCI_COMMAND,
				    pci_read16(pci, PCI_COMMAND) & (uint16_t)~PCI_COMMAND_NO_INTX);
	} else {
		error = irq_attach(pci->messages[index].line, IRQ_EDGE_RISING, handler, arg, name);
		if (!error)
			pci_irq_unmask(pci, index);
	}
	if (!error)
		pci->attached |= 1U << index;
	return error;
}

static void set_mask(struct pci_device *pci, unsigned index, uint32_t masked)
{
	if (pci->irq_kind == PCI_IRQ_MSIX && index < pci->irq_count)
		mmio_write32(pci->msix_table, index * MSIX_ENTRY + MSIX_CONTROL, masked);
}

void pci_irq_mask(struct pci_device *pci, unsigned index)
{
	set_mask(pci, index, 1);
}

void pci_irq_unmask(struct pci_device *pci, unsigned index)
{
	set_mask(pci, index, 0);
}

void pci_irq_close(struct pci_device *pci)
{
	pci_write16(pci, PCI_COMMAND, pci_read16(pci, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	if (pci->irq_kind == PCI_IRQ_MSIX || pci->irq_kind == PCI_IRQ_MSI) {
		pci_write16(pci, pci->irq_capability + CONTROL, 0);
		for (unsigned i = 0; i < pci->irq_count; i++)
			if (pci->attached >> i & 1)
				irq_detach(pci->messages[i].line);
		give_messages(pci, pci->irq_count);
	}
	if (pci->irq_kind == PCI_IRQ_INTX && pci->attached)
		irq_detach_handler(pci->intx.line, pci->intx_handler, pci->intx_arg);
	pci->irq_kind = PCI_IRQ_NONE;
	pci->irq_count = 0;
	pci->attached = 0;
}
