/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel's MultiProcessor Specification 1.4, chapter 4: what came before ACPI, and what small
 * monitors give.
 */
#include <errno.h>
#include <string.h>

#include <arch/mmu.h>
#include <base/endian.h>
#include <kernel/boot.h>
#include <mem/boot_map.h>

#include "pc.h"

#define HEADER	    44
#define IOAPIC_PINS 24
#define IOAPIC_IDS  16

enum { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_IRQ, ENTRY_LOCAL_IRQ };

static const uint8_t *map(uint64_t pa, size_t size)
{
	return boot_map_physical(pa, size, PAGE_READ | PAGE_WRITE);
}

/* The floating pointer stands at a multiple of 16. */
static const uint8_t *find_pointer(uint64_t pa, size_t size)
{
	const uint8_t *area = map(pa, size);

	for (size_t at = 0; area && at < size; at += 16)
		if (!memcmp(area + at, "_MP_", 4) && !pc_sum(area + at, 16))
			return area + at;
	return NULL;
}

static const uint8_t *find_table(void)
{
	const uint8_t *bios = map(0x400, 0x100), *pointer, *table;

	pointer = bios ? find_pointer((uint64_t)le16_load(bios + 0x0e) << 4, 0x400) : NULL;
	if (!pointer)
		pointer = find_pointer(0x9fc00, 0x400);
	if (!pointer)
		pointer = find_pointer(0xf0000, 0x10000);
	if (!pointer || !le32_load(pointer + 4))
		return NULL;
	table = map(le32_load(pointer + 4), HEADER);
	if (!table || memcmp(table, "PCMP", 4) || le16_load(table + 4) < HEADER)
		return NULL;
	table = map(le32_load(pointer + 4), le16_load(table + 4));
	return table && !pc_sum(table, le16_load(table + 4)) ? table : NULL;
}

/* Lines are numbered through all I/O APICs in the order of the table, 24 each. */
int mptable_read(void)
{
	const uint8_t *table = find_table(), *end, *e;
	unsigned lines = 0, isa_bus = ~0u, first_line[IOAPIC_IDS] = {0};

	if (!table)
		return -ENOENT;
	end = table + le16_load(table + 4);
	for (e = table + HEADER; e < end; e += *e == ENTRY_CPU ? 20 : 8) {
		if (*e > ENTRY_LOCAL_IRQ || e + (*e == ENTRY_CPU ? 20 : 8) > end)
			return -EINVAL;
		if (*e == ENTRY_CPU && e[3] & 1) {
			boot_add_cpu(e[1]);
		} else if (*e == ENTRY_BUS && !memcmp(e + 2, "ISA   ", 6)) {
			isa_bus = e[1];
		} else if (*e == ENTRY_IOAPIC && e[3] & 1) {
			first_line[e[1] % IOAPIC_IDS] = lines;
			pc_add_ioapic(le32_load(e + 4), lines);
			lines += IOAPIC_PINS;
		} else if (*e == ENTRY_IRQ && !e[1] && e[4] == isa_bus) {
			pc_override_irq(e[5], first_line[e[6] % IOAPIC_IDS] + e[7],
					pc_trigger(le16_load(e + 2)));
		}
	}
	return 0;
}
