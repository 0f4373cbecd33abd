/* SPDX-License-Identifier: BSD-2-Clause */
/* The edu device at work; which of its interrupts it uses, the machine decides. */
#include <base/str.h>
#include <dev/pci.h>
#include <string.h>

#include "../kernel/suite.h"
#include "edu.h"

static struct pci_device *find(const char *driver)
{
	struct pci_device *pci;

	for (unsigned i = 0; (pci = pci_device_at(i)); i++)
		if (str_equal(pci->driver->name, driver))
			return pci;
	return NULL;
}

TEST(pci, the_function_is_described)
{
	struct pci_device *pci = find("edu");

	CHECK(pci && edu_present());
	CHECK(pci->vendor == 0x1234 && pci->device == 0x11e8 && pci->class == 0x00ff00);
	CHECK(pci->bars[0].size == 1 << 20 && !pci->bars[0].io && !pci->bars[1].size);
	CHECK(!(pci->bars[0].pa & ((1 << 20) - 1)));
	CHECK(pci_capability(pci, PCI_CAP_MSI, 0) && !pci_capability(pci, PCI_CAP_MSIX, 0));
	CHECK(!pci_capability(pci, PCI_CAP_MSI, pci_capability(pci, PCI_CAP_MSI, 0)));
	CHECK(pci->irq_count == 1);
}

TEST(pci, no_access_outside_of_a_bar)
{
	struct pci_device *pci = find("edu");

	CHECK(pci);
	CHECK(!pci_map(pci, 1, 0, 4) && !pci_map(pci, 6, 0, 4) && !pci_map(pci, ~0U, 0, 4));
	CHECK(!pci_map(pci, 0, 1 << 20, 1) && !pci_map(pci, 0, 1, 1 << 20));
	CHECK(!pci_map(pci, 0, 4, UINT64_MAX - 2));
	CHECK(pci_map(pci, 0, 0, 1 << 20) && pci_map(pci, 0, 0xff000, 0));
	CHECK(pci_read32(pci, 4096) == ~0U);
}

TEST(pci, an_interrupt_for_each_operation)
{
	unsigned before = edu_interrupts();

	CHECK(edu_factorial(5) == 120);
	CHECK(edu_factorial(0) == 1);
	CHECK(edu_factorial(12) == 479001600);
	CHECK(edu_interrupts() == before + 3);
}

TEST(pci, transfers_both_ways)
{
	static uint8_t out[EDU_BUFFER_SIZE], in[EDU_BUFFER_SIZE];
	uint64_t random = 7;

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)next_random(&random);
	CHECK(!edu_write(0, out, 1000));
	CHECK(!edu_read(0, in, 1000) && !memcmp(in, out, 1000));
	CHECK(!edu_write(EDU_BUFFER_SIZE - 17, out + 33, 16));
	CHECK(!edu_read(EDU_BUFFER_SIZE - 17, in, 16) && !memcmp(in, out + 33, 16));
	CHECK(edu_write(EDU_BUFFER_SIZE - 3, out, 4) == -EINVAL);
	CHECK(edu_read(~0U, in, 4) == -EINVAL);
}
