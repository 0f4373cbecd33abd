/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the drivers of GICv2 and GICv3: register banks that look alike in distributor and
 * redistributor.
 */
#pragma once

#include <stdint.h>

#include <kernel/irq.h>

#define GIC_SGI_COUNT 16
#define GIC_SPI_FIRST 32
#define GIC_SPECIAL   1020 /* from here on: no interrupt */

/* Number of lines from GICD_TYPER. */
unsigned gic_line_count(uint32_t typer);

/* Private (0 to 31) and shared lines: off, not pending, one priority; SGIs on. group1: of GICv3. */
void gic_init_private(volatile void *base);
void gic_init_private_group1(volatile void *base);
void gic_init_shared(volatile void *base, unsigned count);
void gic_init_shared_group1(volatile void *base, unsigned count);

void gic_configure(volatile void *base, unsigned line, enum irq_trigger trigger);
void gic_mask(volatile void *base, unsigned line);
int gic_decode(const uint8_t *cells, unsigned *line, enum irq_trigger *trigger);
