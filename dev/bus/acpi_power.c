/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Off and reset by ACPI's fixed registers [ACPI 6.4, 4.8.3, 7.4.2]. What to write for "off" is a
 * package in firmware's byte code; its form is fixed enough to be found without an interpreter.
 * That is looked for when it is needed.
 */
#include <errno.h>

#include <arch/cpu.h>
#include <arch/port.h>
#include <base/endian.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <impl/pc.h>
#include <kernel/power.h>
#include <mem/linear.h>

#include "acpi.h"

#define SLEEP_TYPE(type)    ((type) << 10) /* in the PM1 control registers */
#define SLEEP_ENABLE	    (1 << 13)
#define SCI_ENABLE	    1
#define REDUCED_SLEEP(type) ((type) << 2 | 1 << 5) /* in the sleep control register */

#define AML_BYTE    0x0a
#define AML_PACKAGE 0x12
#define AML_S5	    0x5f35535f /* "_S5_" */

struct reg {
	uint16_t port;
	volatile void *memory;
};

static const uint8_t *fadt, *dsdt;
static struct reg reset, sleep_control;

/*
 * A register whose generic address structure is at `offset` of the FADT; none if the table is
 * shorter.
 */
static struct reg reg_at(unsigned offset)
{
	const uint8_t *gas = fadt + offset;
	struct reg reg = {0};

	if (offset + ACPI_GAS > acpi_length(fadt) || !le64_load(gas + 4))
		return reg;
	if (gas[0] == ACPI_GAS_PORT)
		reg.port = le16_load(gas + 4);
	else if (gas[0] == 0)
		reg.memory = linear_map_device(le64_load(gas + 4), 1);
	return reg;
}

static void reg_write(const struct reg *reg, uint8_t value)
{
	if (reg->memory)
		mmio_write8(reg->memory, 0, value);
	else if (reg->port)
		arch_port_write8(reg->port, value);
}

/* The next byte of the DSDT; 0 behind its end. */
static unsigned dsdt_byte(uint32_t *at)
{
	uint32_t here = (*at)++;

	return here < acpi_length(dsdt) ? dsdt[here] : 0;
}

/* Small numbers are their own code, others follow a prefix. */
static unsigned aml_number(uint32_t *at)
{
	unsigned code = dsdt_byte(at);

	return code == AML_BYTE ? dsdt_byte(at) : code;
}

/* Name (_S5_, Package () {type for PM1a, type for PM1b, ...}) */
static bool find_s5(unsigned *type_a, unsigned *type_b)
{
	for (uint32_t i = ACPI_HEADER; i + 5 < acpi_length(dsdt); i++) {
		uint32_t at = i + 5, length_bytes;

		if (le32_load(dsdt + i) != AML_S5 || dsdt[i + 4] != AML_PACKAGE)
			continue;
		length_bytes = dsdt_byte(&at) >> 6; /* behind the first */
		at += length_bytes + 1;		    /* and the number of elements */
		*type_a = aml_number(&at);
		*type_b = aml_number(&at);
		return true;
	}
	return false;
}

static void pm1_sleep(unsigned offset, unsigned type)
{
	uint16_t port = le16_load(fadt + offset);

	if (port)
		arch_port_write16(port, (uint16_t)((arch_port_read16(port) & SCI_ENABLE) |
						   SLEEP_TYPE(type) | SLEEP_ENABLE));
}

static void acpi_off(int status)
{
	unsigned type_a, type_b;
	uint16_t pm1a = le16_load(fadt + FADT_PM1A_CONTROL),
		 smi = le16_load(fadt + FADT_SMI_COMMAND);

	(void)status;
	if (!acpi_table_checked(dsdt) || !find_s5(&type_a, &type_b))
		return;
	reg_write(&sleep_control, (uint8_t)REDUCED_SLEEP(type_a));
	/* The registers may still be the firmware's own. */
	if (smi && fadt[FADT_ACPI_ENABLE] && !(arch_port_read16(pm1a) & SCI_ENABLE)) {
		arch_port_write8(smi, fadt[FADT_ACPI_ENABLE]);
		for (unsigned i = 0; i < 1000000 && !(arch_port_read16(pm1a) & SCI_ENABLE); i++)
			arch_cpu_relax();
	}
	pm1_sleep(FADT_PM1B_CONTROL, type_b);
	pm1_sleep(FADT_PM1A_CONTROL, type_a);
}

static void acpi_reset(void)
{
	reg_write(&reset, fadt[FADT_RESET_VALUE]);
}

static int probe(const struct device *device)
{
	uint64_t pa;

	fadt = device->firmware;
	pa = le32_load(fadt + FADT_DSDT);
	if (!pa && acpi_length(fadt) >= FADT_DSDT_WIDE + 8)
		pa = le64_load(fadt + FADT_DSDT_WIDE);
	dsdt = pa ? (const uint8_t *)linear_map_device(pa, ACPI_HEADER) : NULL;
	if (!dsdt || acpi_length(dsdt) < ACPI_HEADER + 16 || acpi_length(dsdt) > ACPI_LENGTH_MAX ||
	    !linear_map_device(pa, acpi_length(dsdt)))
		return -EINVAL;
	sleep_control = reg_at(FADT_SLEEP_CONTROL);
	if (le32_load(fadt + FADT_FLAGS) & FADT_RESET_PRESENT &&
	    acpi_length(fadt) > FADT_RESET_VALUE) {
		reset = reg_at(FADT_RESET);
		arch_reboot_first = acpi_reset;
	}
	power_register_off(acpi_off);
	return 0;
}

static const char *const compatible[] = {"acpi,fadt", NULL};
DRIVER(acpi_power) = {
	.name = "acpi-power", .compatible = compatible, .phase = DRIVER_OTHER, .probe = probe};
