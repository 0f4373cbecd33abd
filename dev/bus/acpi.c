/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables that need no interpreter [ACPI 6.4, 5.2]: CPUs and I/O APICs (MADT), clock chips
 * (FADT, HPET). Nothing outside a table's checked length is read.
 */
#include <errno.h>
#include <string.h>

#include <base/compiler.h>
#include <base/endian.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/boot_map.h>

#include <arch/mmu.h>

#include "acpi.h"
#include "pc.h"

LOG_MODULE(acpi);

/* Generic address structure [ACPI 5.2.3.2] in the HPET table. */
#define HPET_REGS 40

enum { MADT_ENTRIES = 44, MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };

const uint8_t *acpi_table_checked(const uint8_t *table)
{
	if (!pc_sum(table, acpi_length(table)))
		return table;
	log_warn("table %.4s has a bad checksum: not used", table);
	return NULL;
}

static const uint8_t *map(uint64_t pa, size_t size)
{
	return boot_map_physical(pa, size, PAGE_READ | PAGE_WRITE);
}

static const uint8_t *map_table(uint64_t pa)
{
	const uint8_t *table = map(pa, ACPI_HEADER);

	if (!table || acpi_length(table) < ACPI_HEADER || acpi_length(table) > ACPI_LENGTH_MAX)
		return NULL;
	return map(pa, acpi_length(table));
}

static void read_madt(const uint8_t *table)
{
	const uint8_t *end = table + acpi_length(table), *e;

	for (e = table + MADT_ENTRIES; e + 2 <= end && e[1] >= 2 && e + e[1] <= end; e += e[1]) {
		if (e[0] == MADT_LAPIC && e[1] >= 8 && e[4] & 1)
			boot_add_cpu(e[3]);
		else if (e[0] == MADT_X2APIC && e[1] >= 16 && e[8] & 1)
			boot_add_cpu(le32_load(e + 4));
		else if (e[0] == MADT_IOAPIC && e[1] >= 12)
			pc_add_ioapic(le32_load(e + 4), le32_load(e + 8));
		else if (e[0] == MADT_OVERRIDE && e[1] >= 10)
			pc_override_irq(e[3], le32_load(e + 4), pc_trigger(le16_load(e + 8)));
	}
}

static void read_fadt(const uint8_t *table)
{
	struct device *device;
	uint16_t port;

	if (acpi_length(table) < FADT_LENGTH_MIN)
		return;
	port = le16_load(table + FADT_PM_TIMER);
	if (port) {
		device = pc_device("acpi,pm-timer", port, 4);
		device->port_io = true;
		device->reg_io_width = le32_load(table + FADT_FLAGS) & FADT_TIMER_32_BITS ? 4 : 3;
		pc_device_keep(device);
	}
	for (unsigned i = 0; i < 2; i++) {
		device = pc_device(i ? "acpi,dsdt" : "acpi,fadt", 0, 0);
		device->firmware = table;
		device->firmware_end = table + acpi_length(table);
		pc_device_keep(device);
	}
}

static void read_hpet(const uint8_t *table)
{
	if (acpi_length(table) >= HPET_REGS + ACPI_GAS)
		pc_device_keep(pc_device("acpi,hpet", le64_load(table + HPET_REGS + 4), 0x400));
}

static void read_mcfg(const uint8_t *table)
{
	struct device *device = pc_device("acpi,mcfg", 0, 0);

	device->firmware = table;
	device->firmware_end = table + acpi_length(table);
	pc_device_keep(device);
}

static void read_table(uint64_t pa)
{
	static const struct {
		char signature[4];
		void (*read)(const uint8_t *table);
	} readers[] = {
		{"APIC", read_madt}, {"FACP", read_fadt}, {"HPET", read_hpet}, {"MCFG", read_mcfg}};
	const uint8_t *table = map_table(pa);

	for (unsigned i = 0; table && i < ARRAY_SIZE(readers); i++)
		if (!memcmp(table, readers[i].signature, 4) && acpi_table_checked(table))
			readers[i].read(table);
}

int acpi_read(uint64_t rsdp_pa)
{
	const uint8_t *rsdp, *root;
	uint64_t root_pa;
	unsigned width;

	if (!rsdp_pa)
		return -ENOENT;
	rsdp = map(rsdp_pa, 36);
	if (!rsdp || memcmp(rsdp, "RSD PTR ", 8) || pc_sum(rsdp, 20)) {
		log_warn("no good root pointer at %lx", rsdp_pa);
		return -EINVAL;
	}
	/* From revision 2 on there is a table of 64-bit addresses. */
	width = rsdp[15] >= 2 && !pc_sum(rsdp, 36) && le64_load(rsdp + 24) ? 8 : 4;
	root_pa = width == 8 ? le64_load(rsdp + 24) : le32_load(rsdp + 16);
	root = map_table(root_pa);
	if (!root || !acpi_table_checked(root))
		return -EINVAL;
	for (unsigned at = ACPI_HEADER; at + width <= acpi_length(root); at += width)
		read_table(width == 8 ? le64_load(root + at) : le32_load(root + at));
	return 0;
}
