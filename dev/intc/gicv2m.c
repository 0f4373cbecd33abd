/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GICv2m: a frame of registers that turns writes into shared interrupts of the GIC [ARM Server Base
 * System Architecture, appendix E].
 */
#include <errno.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <dev/device.h>
#include <dev/gic.h>
#include <dev/mmio.h>
#include <dev/msi.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

#define MSI_TYPER	   0x008
#define MSI_SETSPI	   0x040
#define TYPER_FIRST(typer) ((typer) >> 16 & 0x3ff)
#define TYPER_COUNT(typer) ((typer)&0x3ff)

static uint64_t doorbell;
static unsigned first, count;
static struct spinlock lock;
static uint32_t used[GIC_SPECIAL / 32 + 1];

static int alloc(uint32_t requester, struct msi_message *message)
{
	struct irq_state state = spinlock_lock(&lock);
	int error = -ENOSPC;

	(void)requester;
	for (unsigned i = 0; i < count && error; i++) {
		if (used[i / 32] >> i % 32 & 1)
			continue;
		used[i / 32] |= 1U << i % 32;
		*message = (struct msi_message){doorbell, first + i, first + i};
		error = 0;
	}
	spinlock_unlock(&lock, state);
	return error;
}

static void release(const struct msi_message *message)
{
	struct irq_state state = spinlock_lock(&lock);
	unsigned i = message->line - first;

	used[i / 32] &= ~(1U << i % 32);
	spinlock_unlock(&lock, state);
}

static const struct msi_ops ops = {.name = "gicv2m", .alloc = alloc, .free = release};

static int probe(const struct device *device)
{
	volatile void *regs;
	uint32_t typer;

	if (!device->reg_count || count)
		return -EINVAL;
	regs = linear_map_device(device->regs[0].pa, PAGE_SIZE);
	if (!regs)
		return -ENOMEM;
	typer = mmio_read32(regs, MSI_TYPER);
	first = TYPER_FIRST(typer);
	if (first < GIC_SPI_FIRST || first >= GIC_SPECIAL)
		return -EINVAL;
	count = MIN(TYPER_COUNT(typer), GIC_SPECIAL - first);
	doorbell = device->regs[0].pa + MSI_SETSPI;
	msi_register(&ops);
	return 0;
}

static const char *const compatible[] = {"arm,gic-v2m-frame", NULL};
static const struct driver driver_gicv2m SECTION_SET_IF(driver, PCI) = {
	.name = "gicv2m", .compatible = compatible, .phase = DRIVER_INTC, .probe = probe};
