/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O APIC [Intel 82093AA]: interrupt lines of all of them are global numbers, and line n has
 * vector VECTOR_LINE + n. The controller as a whole is these and the CPUs' local APICs
 * (arch/x86_64/lapic.c).
 */
#include <errno.h>

#include <arch/boot.h>
#include <arch/port.h>
#include <base/compiler.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <impl/lapic.h>
#include <impl/trap.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

#include "ioapic.h"

#define IOAPICS_MAX 8

#define REG_SELECT	 0x00
#define REG_WINDOW	 0x10
#define INDEX_VERSION	 1
#define INDEX_ENTRY(pin) (0x10 + 2 * (pin))

#define ENTRY_LOW    (1 << 13)
#define ENTRY_LEVEL  (1 << 15)
#define ENTRY_MASKED (1 << 16)

#define PIC_MASTER 0x20
#define PIC_SLAVE  0xa0

static struct ioapic {
	volatile void *regs;
	unsigned first, count;
} ioapics[IOAPICS_MAX];
static unsigned ioapic_count;
static struct spinlock lock; /* index and window belong together */

static void write(struct ioapic *ioapic, unsigned index, uint32_t value)
{
	mmio_write32(ioapic->regs, REG_SELECT, index);
	mmio_write32(ioapic->regs, REG_WINDOW, value);
}

static struct ioapic *ioapic_of(unsigned line)
{
	for (unsigned i = 0; i < ioapic_count; i++)
		if (line - ioapics[i].first < ioapics[i].count)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has(unsigned line)
{
	return ioapic_of(line);
}

/* The two halves of a line's entry; a line without a pin (dev/intc/lapic_msi.c) has none. */
static void set_entry(unsigned line, uint32_t low)
{
	struct ioapic *ioapic = ioapic_of(line);
	struct irq_state state;

	if (!ioapic)
		return;
	state = spinlock_lock(&lock);
	write(ioapic, INDEX_ENTRY(line - ioapic->first) + 1, (uint32_t)arch_boot.hwid << 24);
	write(ioapic, INDEX_ENTRY(line - ioapic->first), low);
	spinlock_unlock(&lock, state);
}

static int enable(unsigned line, enum irq_trigger trigger)
{
	uint32_t low = VECTOR_LINE + line;

	/* Without a pin it is a message's, which is an edge. */
	if (line >= VECTOR_LINES || (!ioapic_has(line) && trigger != IRQ_EDGE_RISING))
		return -EINVAL;
	if (trigger == IRQ_LEVEL_LOW || trigger == IRQ_LEVEL_HIGH)
		low |= ENTRY_LEVEL;
	if (trigger == IRQ_LEVEL_LOW || trigger == IRQ_EDGE_FALLING)
		low |= ENTRY_LOW;
	set_entry(line, low);
	return 0;
}

static void disable(unsigned line)
{
	set_entry(line, ENTRY_MASKED);
}

static void handle(void)
{
	unsigned vector = lapic_vector();

	if (lapic_handle_own(vector))
		return;
	irq_deliver(vector - VECTOR_LINE);
	lapic_end();
}

static void init_cpu(struct cpu *cpu)
{
	(void)cpu;
	lapic_init_cpu();
}

static const struct intc_ops ops = {.name = "apic",
				    .handle = handle,
				    .enable = enable,
				    .disable = disable,
				    .init_cpu = init_cpu};

/*
 * The old controllers stay masked. What they still raise by mistake comes at their last vectors,
 * which are the spurious vector of the local APIC [Intel 8259A].
 */
static void disable_8259(void)
{
	static const uint8_t words[] = {0x11, VECTOR_8259, 4, 1, 0xff};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		arch_port_write8(PIC_MASTER + !!i, words[i]);
		arch_port_write8(PIC_SLAVE + !!i, i == 2 ? 2 : words[i]);
	}
}

static int probe(const struct device *device)
{
	struct ioapic *ioapic = &ioapics[ioapic_count];

	if (ioapic_count == IOAPICS_MAX)
		return -ENOSPC;
	ioapic->regs = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!ioapic->regs || (!ioapic_count && lapic_init()))
		return -ENOMEM;
	mmio_write32(ioapic->regs, REG_SELECT, INDEX_VERSION);
	ioapic->first = device->irqs[0].line;
	ioapic->count = (mmio_read32(ioapic->regs, REG_WINDOW) >> 16 & 0xff) + 1;
	for (unsigned pin = 0; pin < ioapic->count; pin++)
		write(ioapic, INDEX_ENTRY(pin), ENTRY_MASKED);
	if (!ioapic_count++) {
		disable_8259();
		irq_register_controller(&ops);
	}
	return 0;
}

static const char *const compatible[] = {"intel,ioapic", NULL};
DRIVER(ioapic) = {.name = "ioapic", .compatible = compatible, .phase = DRIVER_INTC, .probe = probe};
