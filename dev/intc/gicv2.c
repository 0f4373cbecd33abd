/* SPDX-License-Identifier: BSD-2-Clause */
/* Generic Interrupt Controller version 2 [ARM IHI 0048B]. */
#include <errno.h>

#include <dev/device.h>
#include <dev/gic.h>
#include <dev/mmio.h>
#include <kernel/cpu.h>
#include <mem/linear.h>

#define GICD_CTLR      0x000
#define GICD_TYPER     0x004
#define GICD_ITARGETSR 0x800
#define GICD_SGIR      0xf00
#define GICC_CTLR      0x00
#define GICC_PMR       0x04
#define GICC_IAR       0x0c
#define GICC_EOIR      0x10

static volatile void *gicd, *gicc;
static uint8_t cpu_target[CPU_MAX]; /* each CPU's bit in target registers */

static void gicv2_init_cpu(struct cpu *cpu)
{
	/*
	 * The target registers of the private lines read as the reading CPU's own bit [4.3.12]; 0:
	 * it is alone.
	 */
	cpu_target[cpu->index] = mmio_read8(gicd, GICD_ITARGETSR);
	if (!cpu_target[cpu->index])
		cpu_target[cpu->index] = 1;
	gic_init_private(gicd);
	mmio_write32(gicc, GICC_PMR, 0xff);
	mmio_write32(gicc, GICC_CTLR, 1);
}

/* One at a time: what else is pending interrupts again, and a woken thread need not wait for it. */
static void gicv2_handle(void)
{
	uint32_t ack = mmio_read32(gicc, GICC_IAR), line = ack & 0x3ff;

	if (line >= GIC_SPECIAL)
		return;
	if (line < GIC_SGI_COUNT)
		cpu_ipi();
	else
		irq_deliver(line);
	mmio_write32(gicc, GICC_EOIR, ack);
}

static int gicv2_enable(unsigned line, enum irq_trigger trigger)
{
	if (line >= gic_line_count(mmio_read32(gicd, GICD_TYPER)))
		return -EINVAL;
	if (line >= GIC_SPI_FIRST)
		mmio_write8(gicd, GICD_ITARGETSR + line, cpu_target[0]);
	gic_configure(gicd, line, trigger);
	return 0;
}

static void gicv2_disable(unsigned line)
{
	gic_mask(gicd, line);
}

static void gicv2_send_ipi(struct cpu *cpu)
{
	/* What the other CPU will look at must be visible before the interrupt. */
	__asm__ volatile("dsb ishst" ::: "memory");
	mmio_write32(gicd, GICD_SGIR, (uint32_t)cpu_target[cpu->index] << 16);
}

static const struct intc_ops gicv2_ops = {
	.name = "GICv2",
	.handle = gicv2_handle,
	.enable = gicv2_enable,
	.disable = gicv2_disable,
	.init_cpu = gicv2_init_cpu,
	.send_ipi = gicv2_send_ipi,
	.cells = 3,
	.decode = gic_decode,
};

static int gicv2_probe(const struct device *device)
{
	if (device->reg_count < 2)
		return -EINVAL;
	gicd = linear_map_device(device->regs[0].pa, device->regs[0].size);
	gicc = linear_map_device(device->regs[1].pa, device->regs[1].size);
	if (!gicd || !gicc)
		return -ENOMEM;
	mmio_write32(gicd, GICD_CTLR, 0);
	gic_init_shared(gicd, gic_line_count(mmio_read32(gicd, GICD_TYPER)));
	mmio_write32(gicd, GICD_CTLR, 1);
	irq_register_controller(&gicv2_ops);
	return 0;
}

static const char *const gicv2_compatible[] = {"arm,cortex-a15-gic", "arm,gic-400",
					       "arm,cortex-a9-gic", NULL};
DRIVER(gicv2) = {.name = "gicv2",
		 .compatible = gicv2_compatible,
		 .phase = DRIVER_INTC,
		 .probe = gicv2_probe};
