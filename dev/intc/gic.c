/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two versions of the GIC share: the distributor's banks and the device tree's numbers. */
#include <errno.h>

#include <base/bits.h>
#include <base/endian.h>
#include <dev/gic.h>
#include <dev/mmio.h>

#define GIC_IGROUPR    0x080
#define GIC_ISENABLER  0x100
#define GIC_ICENABLER  0x180
#define GIC_ICPENDR    0x280
#define GIC_ICACTIVER  0x380
#define GIC_IPRIORITYR 0x400
#define GIC_ICFGR      0xc00

#define PRIORITY_ALL 0xa0a0a0a0u

unsigned gic_line_count(uint32_t typer)
{
	return MIN(32 * ((typer & 0x1f) + 1), (uint32_t)GIC_SPECIAL);
}

static void init_bank(volatile void *base, unsigned first, unsigned end, uint32_t group)
{
	for (unsigned line = first; line < end; line += 32) {
		mmio_write32(base, GIC_ICENABLER + line / 8, ~0u);
		mmio_write32(base, GIC_ICPENDR + line / 8, ~0u);
		mmio_write32(base, GIC_ICACTIVER + line / 8, ~0u);
		if (group)
			mmio_write32(base, GIC_IGROUPR + line / 8, group);
	}
	for (unsigned line = first; line < end; line += 4)
		mmio_write32(base, GIC_IPRIORITYR + line, PRIORITY_ALL);
}

void gic_init_private(volatile void *base)
{
	init_bank(base, 0, GIC_SPI_FIRST, 0);
	mmio_write32(base, GIC_ISENABLER, (1u << GIC_SGI_COUNT) - 1);
}

void gic_init_private_group1(volatile void *base)
{
	init_bank(base, 0, GIC_SPI_FIRST, ~0u);
	mmio_write32(base, GIC_ISENABLER, (1u << GIC_SGI_COUNT) - 1);
}

void gic_init_shared(volatile void *base, unsigned count)
{
	init_bank(base, GIC_SPI_FIRST, count, 0);
}

void gic_init_shared_group1(volatile void *base, unsigned count)
{
	init_bank(base, GIC_SPI_FIRST, count, ~0u);
}

/* Two bits a line, the upper one: edge. Changing it is only allowed while the line is off. */
void gic_configure(volatile void *base, unsigned line, enum irq_trigger trigger)
{
	unsigned at = GIC_ICFGR + line / 16 * 4, bit = line % 16 * 2 + 1;
	uint32_t config = mmio_read32(base, at) & ~(1u << bit);

	if (trigger == IRQ_EDGE_RISING || trigger == IRQ_EDGE_FALLING)
		config |= 1u << bit;
	gic_mask(base, line);
	mmio_write32(base, at, config);
	mmio_write32(base, GIC_ISENABLER + line / 32 * 4, 1u << line % 32);
}

void gic_mask(volatile void *base, unsigned line)
{
	mmio_write32(base, GIC_ICENABLER + line / 32 * 4, 1u << line % 32);
}

/* [arm,gic binding]: 0 shared / 1 private, number, flags 1 rising, 2 falling, 4 high, 8 low. */
int gic_decode(const uint8_t *cells, unsigned *line, enum irq_trigger *trigger)
{
	uint32_t private = be32_load(cells), number = be32_load(cells + 4);

	if (private > 1 || number >= GIC_SPECIAL)
		return -EINVAL;
	*line = number + (private ? 16 : 32);
	switch (be32_load(cells + 8) & 15) {
	case 1:
		*trigger = IRQ_EDGE_RISING;
		break;
	case 2:
		*trigger = IRQ_EDGE_FALLING;
		break;
	case 8:
		*trigger = IRQ_LEVEL_LOW;
		break;
	default:
		*trigger = IRQ_LEVEL_HIGH;
	}
	return 0;
}
