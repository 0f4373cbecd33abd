/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory-mapped virtio devices of a machine without a device tree (microvm). They stand in
 * firmware's byte code as devices LNRO0005, in a form that is fixed enough to be found without an
 * interpreter, or else as boot words: virtio_mmio.device=512@0xfeb00000:5.
 */
#include <errno.h>
#include <string.h>

#include <base/cmdline.h>
#include <base/endian.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "acpi.h"
#include "pc.h"

LOG_MODULE(pc_virtio);

#define ID	"LNRO0005"
#define ID_SIZE 8
#define WORD	"virtio_mmio.device"

/* Resource descriptors [ACPI 6.4, 6.4.3.4, 6.4.3.6]: 32-bit memory, extended interrupt. */
#define MEMORY_TAG  0x86
#define MEMORY_SIZE 12
#define IRQ_TAG	    0x89
#define IRQ_SIZE    9
#define IRQ_EDGE    2
#define IRQ_LOW	    4

static unsigned found;

static void add(uint64_t pa, uint64_t size, unsigned line, enum irq_trigger trigger)
{
	struct device *device = pc_device("virtio,mmio", pa, size);

	device->irqs[0] = (struct device_irq){line, trigger};
	device->irq_count = 1;
	pc_device_keep(device);
	found++;
}

/* The resources of one device, which end where the next one's name stands. */
static void read_resources(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *memory = NULL;

	for (; at + IRQ_SIZE <= end && memcmp(at, ID, ID_SIZE); at++) {
		if (at + MEMORY_SIZE <= end && at[0] == MEMORY_TAG && at[1] == MEMORY_SIZE - 3 &&
		    !at[2]) {
			memory = at;
			at += MEMORY_SIZE - 1;
		} else if (memory && at[0] == IRQ_TAG && at[1] == IRQ_SIZE - 3 && !at[2] &&
			   at[4] == 1) {
			enum irq_trigger trigger = at[3] & IRQ_EDGE  ? at[3] & IRQ_LOW
									       ? IRQ_EDGE_FALLING
									       : IRQ_EDGE_RISING
						   : at[3] & IRQ_LOW ? IRQ_LEVEL_LOW
								     : IRQ_LEVEL_HIGH;

			add(le32_load(memory + 4), le32_load(memory + 8), le32_load(at + 5),
			    trigger);
			return;
		}
	}
}

static const uint8_t *map_dsdt(const uint8_t *fadt)
{
	uint64_t pa = le32_load(fadt + FADT_DSDT);
	const uint8_t *dsdt;

	if (!pa && acpi_length(fadt) >= FADT_DSDT_WIDE + 8)
		pa = le64_load(fadt + FADT_DSDT_WIDE);
	dsdt = pa ? (const uint8_t *)linear_map_device(pa, ACPI_HEADER) : NULL;
	if (!dsdt || acpi_length(dsdt) < ACPI_HEADER || acpi_length(dsdt) > ACPI_LENGTH_MAX ||
	    !linear_map_device(pa, acpi_length(dsdt)))
		return NULL;
	return acpi_table_checked(dsdt);
}

static int read_dsdt(const struct device *device)
{
	const uint8_t *dsdt = map_dsdt(device->firmware), *end;

	if (!dsdt)
		return -ENODEV;
	end = dsdt + acpi_length(dsdt);
	for (const uint8_t *at = dsdt + ACPI_HEADER; at + ID_SIZE <= end; at++)
		if (at[0] == ID[0] && !memcmp(at, ID, ID_SIZE))
			read_resources(at + ID_SIZE, end);
	return 0;
}

/* SIZE@ADDRESS:LINE[:id]. The size may end in K; the rest of the form is of no use here. */
static void read_word(const char *value)
{
	uint64_t size, pa, line;
	const char *at;

	if (str_to_u64(value, &at, &size))
		at = "";
	if (*at == 'K' || *at == 'k') {
		size <<= 10;
		at++;
	}
	if (*at != '@' || str_to_u64(at + 1, &at, &pa) || *at != ':' ||
	    str_to_u64(at + 1, &at, &line) || (*at && *at != ':'))
		log_warn(WORD "=%s is not SIZE@ADDRESS:LINE", value);
	else
		add(pa, size, (unsigned)line, IRQ_LEVEL_HIGH);
}

/* Several words of the same key: boot_word() knows the last one only. */
static int read_line(const struct device *device)
{
	char *bytes = found ? NULL : heap_alloc(BOOT_LINE_MAX + 1);
	struct cmdline cmdline;
	struct cmdline_word word;

	(void)device;
	if (!bytes)
		return -ENODEV;
	cmdline_open(&cmdline, boot_info.line, bytes, BOOT_LINE_MAX + 1);
	while (cmdline_next(&cmdline, &word) > 0 && word.kind != CMDLINE_ARGUMENT)
		if (word.kind == CMDLINE_OPTION && str_equal(word.key, WORD) && word.value)
			read_word(word.value);
	heap_free(bytes);
	return 0;
}

static int probe(const struct device *device)
{
	return device->firmware ? read_dsdt(device) : read_line(device);
}

/* What it finds is probed behind it, in the same phase. */
static const char *const compatible[] = {"acpi,dsdt", "pc,boot-line", NULL};
static const struct driver driver_pc_virtio SECTION_SET_IF(driver, MMIO) = {
	.name = "pc-virtio", .compatible = compatible, .phase = DRIVER_OTHER, .probe = probe};
