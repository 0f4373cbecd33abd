/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/bus/pci.c dev/bus/pci_bar.c dev/bus/pci_config.c dev/bus/pci_irq.c dev/msi.c
// sources: lib/str.c lib/fmt.c
// flags: -Iinclude/arch/host -Iarch/host -Idev/bus
/* How a function's interrupts are set up. */
#include "pci.h"

/* A table of `entries` at `offset` in BAR 0 of 4 KiB. */
static struct pci_device *with_msix(unsigned entries, uint32_t offset)
{
	struct function *function = add(0, 1, 0, ID);

	add_bar(function, 0, 0x1000, 0);
	function->config[PCI_CAPABILITIES] = 0x40;
	function->config[PCI_IRQ_PIN] = 1;
	add_capability(function, 0x40, PCI_CAP_MSIX, 0);
	memset(function->writable + 0x43, 0xc0, 1);
	put(function, 0x42, 2, entries - 1);
	put(function, 0x44, 4, offset);
	msi_register(&msi);
	search(true);
	return probed[0];
}

FRESH_TEST(messages_of_a_table)
{
	struct pci_device *pci;
	const volatile uint32_t *table;

	messages_left = 10;
	pci = with_msix(5, 0x100);
	CHECK(pci_irq_open(pci, 0) == -EINVAL);
	CHECK(pci_irq_open(pci, 3) == 3 && pci->irq_kind == PCI_IRQ_MSIX && messages_out == 3);
	CHECK((pci_read16(pci, 0x42) & 0xc000) == 0x8000);
	table = pci->msix_table;
	CHECK(table[0] == 0xfee00000 && table[1] == 1 && table[2] == (8U << 8 | 9) && table[3]);
	CHECK(table[4 * 4 + 3] == 1 && !table[4 * 4]);
	CHECK(!pci_irq_attach(pci, 1, handler, NULL, "x") && !table[4 + 3]);
	CHECK(pci_irq_attach(pci, 1, handler, NULL, "x") == -EINVAL);
	CHECK(pci_irq_attach(pci, 3, handler, NULL, "x") == -EINVAL);
	pci_irq_mask(pci, 1);
	CHECK(table[4 + 3] == 1);
	pci_irq_mask(pci, 7);
	CHECK(attached[2] == 1);
	pci_irq_close(pci);
	CHECK(!messages_out && !attached[2] && !(pci_read16(pci, 0x42) & 0x8000));
	CHECK(pci_irq_attach(pci, 0, handler, NULL, "x") == -EINVAL);
}

FRESH_TEST(fewer_messages_than_wanted)
{
	struct pci_device *pci;

	messages_left = 2;
	pci = with_msix(2048, 0);
	CHECK(pci_irq_open(pci, 4) == 1); /* the table does not fit the BAR: the line */
	CHECK(pci->irq_kind == PCI_IRQ_INTX && pci->intx.line == 33 && !messages_out);
	pci_irq_close(pci);
	put(find(8), 0x42, 2, 255);
	CHECK(pci_irq_open(pci, 4) == 2 && pci->irq_kind == PCI_IRQ_MSIX);
	pci_irq_close(pci);
	messages_left = 100;
	CHECK(pci_irq_open(pci, 99) == PCI_MESSAGES_MAX);
	pci_irq_close(pci);
	messages_left = 0;
	CHECK(pci_irq_open(pci, 4) == 1 && pci->irq_kind == PCI_IRQ_INTX);
	CHECK(pci_read16(pci, PCI_COMMAND) & PCI_COMMAND_NO_INTX);
	CHECK(!pci_irq_attach(pci, 0, handler, NULL, "x") && attached[33] == 1);
	CHECK(!(pci_read16(pci, PCI_COMMAND) & PCI_COMMAND_NO_INTX));
	pci_irq_close(pci);
	CHECK(pci_read16(pci, PCI_COMMAND) & PCI_COMMAND_NO_INTX && !attached[33]);
}

FRESH_TEST(tables_that_are_nowhere)
{
	static const uint32_t places[] = {0x1000, 0xff8, 0xfffffff8, 1, 6, 7, 0x101};
	struct pci_device *pci;

	messages_left = 1000;
	pci = with_msix(2, 0);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put(find(8), 0x44, 4, places[i]);
		CHECK(pci_irq_open(pci, 1) == 1 && pci->irq_kind == PCI_IRQ_INTX);
		pci_irq_close(pci);
	}
	CHECK(!messages_out);
}

FRESH_TEST(one_message_by_the_older_way)
{
	struct function *function = add(0, 1, 0, ID);
	struct pci_device *pci;

	function->config[PCI_CAPABILITIES] = 0x50;
	add_capability(function, 0x50, PCI_CAP_MSI, 0);
	memset(function->writable + 0x52, 0xff, 20);
	put(function, 0x52, 2, 0x0180 | 5 << 1);
	msi_register(&msi);
	messages_left = 2;
	search(true);
	pci = probed[0];
	CHECK(pci_irq_open(pci, 8) == 1 && pci->irq_kind == PCI_IRQ_MSI);
	CHECK(pci_read32(pci, 0x54) == 0xfee00000 && pci_read32(pci, 0x58) == 1);
	CHECK(pci_read16(pci, 0x5c) == (8U << 8 | 1) && !pci_read32(pci, 0x60));
	CHECK((pci_read16(pci, 0x52) & 0x71) == 1);
	pci_irq_close(pci);
	CHECK(!(pci_read16(pci, 0x52) & 1) && !messages_out);
	put(function, 0x52, 2, 0); /* it cannot reach an address above 4 GiB, and has no line */
	CHECK(pci_irq_open(pci, 1) == -ENODEV && !messages_out);
}
