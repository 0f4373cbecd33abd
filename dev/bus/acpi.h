/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables: offsets that several files use [ACPI 6.4, 5.2.6, 5.2.9]. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <base/endian.h>

#define ACPI_HEADER	36
#define ACPI_LENGTH_MAX 0x100000
#define ACPI_GAS	12 /* generic address structure: space, 3 bytes, 64-bit address */
#define ACPI_GAS_PORT	1

#define FADT_DSDT	   40
#define FADT_SMI_COMMAND   48
#define FADT_ACPI_ENABLE   52
#define FADT_PM1A_CONTROL  64
#define FADT_PM1B_CONTROL  68
#define FADT_PM_TIMER	   76
#define FADT_FLAGS	   112
#define FADT_RESET	   116
#define FADT_RESET_VALUE   128
#define FADT_DSDT_WIDE	   140
#define FADT_SLEEP_CONTROL 244
#define FADT_LENGTH_MIN	   116
#define FADT_TIMER_32_BITS (1 << 8)
#define FADT_RESET_PRESENT (1 << 10)

static inline uint32_t acpi_length(const uint8_t *table)
{
	return le32_load(table + 4);
}

/* The mapped table, or NULL with a message if its sum is not 0. */
const uint8_t *acpi_table_checked(const uint8_t *table);
