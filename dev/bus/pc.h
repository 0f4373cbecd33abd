/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that read a PC's firmware tables. Early boot. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <dev/device.h>

/*
 * Describe a device: pc_device() clears the one description there is and sets these, the caller
 * adds to it, pc_device_keep() keeps a copy if a driver that is linked knows it.
 */
struct device *pc_device(const char *compatible, uint64_t pa, uint64_t size);
void pc_device_keep(const struct device *device);

/* ISA interrupt `irq` is not the line of that number, edge-triggered, as it is by default. */
void pc_override_irq(unsigned irq, unsigned line, enum irq_trigger trigger);

/* The line of an ISA interrupt, 1 to 15: 0 or -EINVAL. After discovery. */
int pc_isa_irq(unsigned irq, struct device_irq *out);

/*
 * Polarity and trigger mode as both kinds of tables encode them [ACPI 5.2.12.5, MP 4.3.4]; ISA's by
 * default.
 */
enum irq_trigger pc_trigger(unsigned flags);

/* An I/O APIC whose pins are the lines from `first_line` on. */
void pc_add_ioapic(uint64_t pa, unsigned first_line);

/* Sum of bytes modulo 256: 0 in a good table. */
uint8_t pc_sum(const void *table, size_t size);

/* Read the tables: 0, or a negative errno if there are none that are good. */
int acpi_read(uint64_t rsdp_pa);
int mptable_read(void);
