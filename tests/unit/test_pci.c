/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/bus/pci.c dev/bus/pci_bar.c dev/bus/pci_config.c dev/bus/pci_irq.c dev/msi.c
// sources: lib/str.c lib/fmt.c
// flags: -Iinclude/arch/host -Iarch/host -Idev/bus
/*
 * The search of PCI buses over configuration space of memory: what is well-formed is found, and
 * what is not does no harm.
 */
#include "pci.h"

static struct function *add_bridge(unsigned bus, unsigned slot)
{
	struct function *bridge = add(bus, slot, 0, 0x00011b36);

	bridge->config[PCI_HEADER_TYPE] = 1;
	memset(bridge->writable + 0x18, 0xff, 0x10);
	return bridge;
}

FRESH_TEST(found_described_and_probed)
{
	struct function *function = add(0, 3, 0, ID);
	struct pci_device *pci;

	put(function, PCI_REVISION, 4, 0x01080205);
	put(function, PCI_SUBSYSTEM, 4, 0x00021af4);
	put(function, PCI_IRQ_PIN, 1, 2);
	add_bar(function, 0, 0x4000, 4);
	add_bar(function, 2, 0x100, 1);
	add_bar(function, 3, 0x1000, 0);
	add(0, 4, 0, 0x99999999);
	search(true);
	CHECK(probed_count == 1 && pci_device_at(0) == probed[0] && !pci_device_at(1));
	pci = probed[0];
	CHECK(!strcmp(pci->name, "00:03.0") && pci->class == 0x010802 && pci->revision == 5);
	CHECK(pci->subsystem_vendor == 0x1af4 && pci->subsystem == 2);
	CHECK(pci->root_pin == 2 && pci->root_slot == 3);
	CHECK(pci->bars[0].size == 0x4000 && pci->bars[0].pa == LOW + OFFSET);
	CHECK(!pci->bars[1].size && !pci->bars[2].size); /* ports: nobody has assigned any */
	CHECK(pci->bars[3].size == 0x1000 && pci->bars[3].pa == LOW + OFFSET + 0x4000);
	CHECK(pci_read16(pci, PCI_COMMAND) == (PCI_COMMAND_MEM | PCI_COMMAND_NO_INTX));
	CHECK(pci_read32(pci, PCI_BAR(0)) == (LOW | 4) && !pci_read32(pci, PCI_BAR(1)));
}

FRESH_TEST(matched_by_class_vendor_or_device)
{
	put(add(0, 1, 0, 0x55555555), PCI_REVISION, 4, 0x01080200);
	put(add(0, 2, 0, 0x55555555), PCI_REVISION, 4, 0x01080100);
	add(0, 3, 0, 0x77771111);
	add(0, 4, 0, 0x00021234);
	search(true);
	CHECK(probed_count == 2 && probed[0]->slot == 1 && probed[1]->slot == 3);
	CHECK(!strcmp(probed[1]->driver->name, "other"));
}

FRESH_TEST(functions_behind_the_first)
{
	put(add(0, 1, 0, 0x55555555), PCI_HEADER_TYPE, 1, 0x80);
	add(0, 1, 5, ID);
	add(0, 2, 0, 0x55555555);
	add(0, 2, 3, ID); /* the first one says that it is alone */
	add(0, 6, 2, ID); /* without a first one */
	search(true);
	CHECK(probed_count == 1 && probed[0]->function == 5);
}

FRESH_TEST(refused_by_the_driver)
{
	add(0, 1, 0, ID);
	probe_result = -ENODEV;
	search(true);
	CHECK(probed_count == 1 && !pci_device_at(0) && !blocks && !log_text[0]);
	host.segment = 1;
	probe_result = -EIO;
	search(true);
	CHECK(!blocks && strstr(log_text, "00:01.0: test does not work: error 5"));
	CHECK(pci_host_known(0) && pci_host_known(1) && !pci_host_known(2));
	CHECK(!pci_host_known(99));
}

FRESH_TEST(bridges_get_numbers_and_windows)
{
	struct function *outer = add_bridge(0, 1), *inner = add_bridge(1, 2),
			*empty = add_bridge(0, 5), *function;

	function = add(2, 3, 0, ID);
	add_bar(function, 0, 0x1000, 4);
	put(function, PCI_IRQ_PIN, 1, 1);
	add_bar(add(0, 7, 0, ID), 0, 0x1000, 0);
	search(true);
	CHECK(probed_count == 2 && probed[0]->bus == 2);
	CHECK(outer->config[0x19] == 1 && outer->config[0x1a] == 2);
	CHECK(inner->config[0x18] == 1 && inner->config[0x19] == 2 && inner->config[0x1a] == 2);
	CHECK(empty->config[0x19] == 3 && empty->config[0x1a] == 3);
	CHECK(read_config(&host, inner->at, 0x20, 4) == 0x10001000);
	CHECK(read_config(&host, outer->at, 0x20, 4) == 0x10001000);
	CHECK(read_config(&host, empty->at, 0x20, 4) == 0x0000fff0);
	CHECK(probed[0]->bars[0].pa == LOW + OFFSET);
	CHECK(probed[1]->bars[0].pa == LOW + OFFSET + 0x100000);
	/* Pin 1 at slot 3 is pin 4 at slot 2, and pin 2 at slot 1. */
	CHECK(probed[0]->root_slot == 1 && probed[0]->root_pin == 2);
}

FRESH_TEST(firmwares_numbers_and_addresses_are_kept)
{
	struct function *bridge = add_bridge(0, 1), *function;

	bridge->config[0x19] = 7;
	function = add(7, 0, 0, ID);
	add_bar(function, 0, 0x1000, 0);
	put(function, PCI_BAR(0), 4, 0xfebf1000);
	add_bar(function, 1, 0x20, 1);
	put(function, PCI_BAR(1), 4, 0xc041);
	add_bar(function, 2, 0x1000, 4); /* not assigned */
	add_bar(function, 4, 0x1000, 0);
	put(function, PCI_BAR(4), 4, 0x40001000); /* where RAM is */
	search(false);
	CHECK(probed_count == 1);
	CHECK(probed[0]->bars[0].pa == 0xfebf1000 && probed[0]->bars[0].size == 0x1000);
	CHECK(probed[0]->bars[1].io && probed[0]->bars[1].pa == 0xc040);
	CHECK(probed[0]->bars[1].size == 0x20);
	CHECK(!probed[0]->bars[2].size && !probed[0]->bars[4].size);
	CHECK(read_config(&host, function->at, PCI_BAR(0), 4) == 0xfebf1000);
	CHECK(read_config(&host, function->at, PCI_BAR(1), 4) == 0xc041);
}

FRESH_TEST(large_registers_go_above_4_gib)
{
	add_bar(add(0, 1, 0, ID), 0, 1UL << 26, 4);  /* all of the low window */
	add_bar(add(0, 2, 0, ID), 0, 1UL << 28, 12); /* more than it has */
	add_bar(add(0, 3, 0, ID), 0, 1UL << 28, 0);  /* must be there */
	search(true);
	CHECK(probed[0]->bars[0].pa == LOW + OFFSET);
	CHECK(probed[1]->bars[0].pa == HIGH && probed[1]->bars[0].size == 1UL << 28);
	CHECK(probed_count == 3 && !probed[2]->bars[0].size);
	CHECK(strstr(log_text, "00:03.0: no good address"));
}

FRESH_TEST(absurd_bars)
{
	struct function *function = add(0, 1, 0, ID);
	uint32_t gaps = 0x00ff0000;

	add_bar(function, 0, 1UL << 63, 4);
	add_bar(function, 2, 1UL << 45, 4);
	memcpy(function->writable + PCI_BAR(4), &gaps, 4);
	add_bar(function, 5, 0x1000, 4); /* the upper half would be behind the last */
	add_bar(add(0, 2, 0, ID), 0, 0x1000, 6);
	search(true);
	CHECK(probed_count == 2);
	for (unsigned i = 0; i < PCI_BARS; i++)
		CHECK(!probed[0]->bars[i].size && !pci_map(probed[0], i, 0, 0));
	CHECK(!probed[1]->bars[0].size);
}

FRESH_TEST(capabilities_in_any_order)
{
	struct function *function = add(0, 1, 0, ID);
	struct pci_device *pci;

	function->config[PCI_CAPABILITIES] = 0x93; /* the two lowest bits mean nothing */
	add_capability(function, 0x90, 9, 0x50);
	add_capability(function, 0x50, 5, 0xa0);
	add_capability(function, 0xa0, 9, 0x40);
	add_capability(function, 0x40, 9, 0);
	search(true);
	pci = probed[0];
	CHECK(pci_capability(pci, 9, 0) == 0x90 && pci_capability(pci, 9, 0x90) == 0xa0);
	CHECK(pci_capability(pci, 9, 0xa0) == 0x40 && !pci_capability(pci, 9, 0x40));
	CHECK(pci_capability(pci, 5, 0) == 0x50 && !pci_capability(pci, 5, 0x50));
	CHECK(!pci_capability(pci, 7, 0) && !pci_capability(pci, 9, 0xf0));
	function->config[PCI_STATUS] = 0;
	CHECK(!pci_capability(pci, 9, 0));
}

FRESH_TEST(capabilities_that_loop)
{
	struct function *function = add(0, 1, 0, ID);
	unsigned count = 0;

	function->config[PCI_CAPABILITIES] = 0x40;
	add_capability(function, 0x40, 9, 0x60);
	add_capability(function, 0x60, 9, 0x50);
	add_capability(function, 0x50, 9, 0x60);
	search(true);
	CHECK(!pci_capability(probed[0], 5, 0));
	for (unsigned at = 0; (at = pci_capability(probed[0], 9, at)) && count < 100;)
		count++;
	CHECK(count == 3);
	function->config[0x41] = 0x40;
	CHECK(pci_capability(probed[0], 9, 0) == 0x40 && !pci_capability(probed[0], 9, 0x40));
	function->config[0x41] = 0x3c; /* into the header */
	CHECK(!pci_capability(probed[0], 9, 0x40));
}

FRESH_TEST(more_buses_than_there_are)
{
	host.bus_last = 2;
	add_bridge(0, 1);
	add_bridge(0, 2);
	add_bridge(0, 3);
	search(true);
	CHECK(strstr(log_text, "00:03.0: no bus number is left") && host.bus_next == 3);
}

FRESH_TEST(bridges_without_end)
{
	for (unsigned bus = 0; bus < 40; bus++)
		add_bridge(bus, 0);
	search(true);
	CHECK(strstr(log_text, "06:00.0: too many bridges"));
	CHECK(host.bus_next == 7 && accesses < 10000);
}

FRESH_TEST(firmware_that_numbers_in_circles)
{
	static const uint8_t numbers[] = {0, 1, 1, 5, 200};

	host.bus_last = 100;
	for (unsigned i = 0; i < 5; i++)
		add_bridge(0, i + 1)->config[0x19] = numbers[i];
	add_bridge(1, 0)->config[0x19] = 1;
	add_bridge(1, 1)->config[0x19] = 0;
	add_bridge(1, 2)->config[0x19] = 5;
	add(1, 3, 0, ID);
	add(5, 3, 0, ID);
	search(false);
	CHECK(probed_count == 2 && accesses < 10000);
}

/* Everything but ids at random, and what is written does not stay. */
static void make_random(uint64_t seed)
{
	random_state = seed;
	function_count = 0;
	for (unsigned i = 0; i < 40; i++) {
		uint64_t r = unit_random(&random_state);
		struct function *function = add(r % 5, r >> 8 & 31, r >> 16 & 7 & -(r >> 24 & 1),
						r >> 32 & 1 ? ID : 0x00011b36);

		for (unsigned at = 4; at < 256; at++) {
			uint64_t value = unit_random(&random_state);

			function->config[at] = (uint8_t)(value & (value >> 8));
			function->writable[at] = (uint8_t)(value >> 16);
		}
		function->config[PCI_HEADER_TYPE] = (uint8_t)(((r >> 40 & 3) == 3) |
							      (r >> 42 & 0x80));
		if (r >> 50 & 1)
			for (unsigned bar = 0; bar < PCI_BARS; bar++)
				add_bar(function, bar, UINT64_C(1) << (r >> bar) % 64,
					r >> 20 & 15);
		function->wild = r >> 51 & 1;
	}
}

static bool bars_disjoint(void)
{
	for (unsigned i = 0; i < probed_count * PCI_BARS; i++) {
		const struct pci_bar *a = &probed[i / PCI_BARS]->bars[i % PCI_BARS];

		if (!a->size || a->io)
			continue;
		if (a->pa % a->size || a->pa < LOW + OFFSET || a->pa + a->size > HIGH_END ||
		    (a->pa + a->size > LOW_END + OFFSET && a->pa < HIGH))
			return false;
		for (unsigned j = 0; j < i; j++) {
			const struct pci_bar *b = &probed[j / PCI_BARS]->bars[j % PCI_BARS];

			if (b->size && !b->io && a->pa < b->pa + b->size && b->pa < a->pa + a->size)
				return false;
		}
	}
	return true;
}

static void random_boot(uint64_t seed, bool assign)
{
	make_random(seed);
	accesses = 0;
	search(assign);
	CHECK(accesses < 1000000);
	CHECK(!assign || bars_disjoint());
	for (unsigned i = 0; i < probed_count; i++) {
		struct pci_device *pci = probed[i];
		int count;

		messages_left = 4;
		count = pci_irq_open(pci, 3);
		CHECK(count == -ENODEV || (count >= 1 && count <= 3));
		for (int index = 0; index < count; index++)
			pci_irq_attach(pci, (unsigned)index, handler, NULL, "x");
		pci_irq_close(pci);
		CHECK(!messages_out);
		for (unsigned at = 0, n = 0; (at = pci_capability(pci, 9, at)); n++)
			CHECK(n < 48 && at >= 0x40 && at < 0x100);
	}
}

static uint64_t seed;
static void random_one(void)
{
	host = (struct pci_host){.ops = &ops, .bus_last = 255};
	msi_register(&msi);
	for (unsigned i = 0; i < 20; i++) {
		host = (struct pci_host){.ops = &ops, .bus_last = 255};
		probed_count = 0;
		random_boot(seed * 20 + i, i & 1);
		if (unit_failure[0])
			return;
	}
}

TEST(anything_at_all)
{
	for (seed = 1; seed <= 40; seed++) {
		fresh_run(random_one);
		if (unit_failure[0])
			return;
	}
}
