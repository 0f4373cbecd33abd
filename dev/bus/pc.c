/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC: devices at their places of old, and the reading of firmware's tables. */
#include <errno.h>
#include <string.h>

#include <base/compiler.h>
#include <base/str.h>
#include <impl/pc.h>
#include <kernel/log.h>

#include "pc.h"

LOG_MODULE(pc);

#define ISA_IRQS   16
#define IRQ_SERIAL 4

#define IOAPIC_PA   0xfec00000
#define IOAPIC_SIZE 0x20

/* Of both table kinds: 0 in a field is the bus's own way, which for ISA is edge and high. */
#define POLARITY(flags) ((flags)&3)
#define TRIGGER(flags)	((flags) >> 2 & 3)
#define ACTIVE_LOW	3
#define BY_LEVEL	3

static struct device_irq isa_irqs[ISA_IRQS];

struct device *pc_device(const char *compatible, uint64_t pa, uint64_t size)
{
	static struct device device;

	memset(&device, 0, sizeof(device));
	str_copy(device.name, compatible, sizeof(device.name));
	device.compatible = compatible;
	device.regs[0].pa = pa;
	device.regs[0].size = size;
	device.reg_count = 1;
	return &device;
}

void pc_device_keep(const struct device *device)
{
	const struct driver *driver = driver_find(device->compatible,
						  str_length(device->compatible));

	if (!driver)
		return;
	/* A clock behind ports can be read at once: the longer it is watched, the better. */
	if (driver->phase == DRIVER_CLOCK && device->port_io)
		driver->probe(device);
	else
		device_add(device, driver);
}

void pc_override_irq(unsigned irq, unsigned line, enum irq_trigger trigger)
{
	if (irq < ISA_IRQS)
		isa_irqs[irq] = (struct device_irq){line, trigger};
}

enum irq_trigger pc_trigger(unsigned flags)
{
	if (TRIGGER(flags) == BY_LEVEL)
		return POLARITY(flags) == ACTIVE_LOW ? IRQ_LEVEL_LOW : IRQ_LEVEL_HIGH;
	return POLARITY(flags) == ACTIVE_LOW ? IRQ_EDGE_FALLING : IRQ_EDGE_RISING;
}

void pc_add_ioapic(uint64_t pa, unsigned first_line)
{
	struct device *device = pc_device("intel,ioapic", pa, IOAPIC_SIZE);

	device->irqs[0].line = first_line;
	device->irq_count = 1;
	pc_device_keep(device);
}

uint8_t pc_sum(const void *table, size_t size)
{
	uint8_t sum = 0;

	for (const uint8_t *byte = table, *end = byte + size; byte < end; byte++)
		sum = (uint8_t)(sum + *byte);
	return sum;
}

static void add_port_device(const char *compatible, uint16_t port, uint16_t size, unsigned irq)
{
	struct device *device = pc_device(compatible, port, size);

	device->port_io = true;
	device->irqs[0] = isa_irqs[irq];
	device->irq_count = irq > 0;
	pc_device_keep(device);
}

int pc_isa_irq(unsigned irq, struct device_irq *out)
{
	if (!irq || irq >= ISA_IRQS)
		return -EINVAL;
	*out = isa_irqs[irq];
	return 0;
}

void pc_discover(uint64_t rsdp_pa)
{
	for (unsigned i = 0; i < ISA_IRQS; i++)
		isa_irqs[i] = (struct device_irq){i, IRQ_EDGE_RISING};
	if (acpi_read(rsdp_pa) && mptable_read()) {
		log_warn("no ACPI and no MP table: one CPU, one I/O APIC");
		pc_add_ioapic(IOAPIC_PA, 0);
	}
	add_port_device("ns16550a", 0x3f8, 8, IRQ_SERIAL);
	add_port_device("pc,pit", 0x40, 4, 0);
	add_port_device("pc,cmos", 0x70, 2, 0);
	pc_device_keep(pc_device("pc,msi", 0, 0));
	add_port_device("pc,pci", 0xcf8, 8, 0);
	pc_device_keep(pc_device("pc,boot-line", 0, 0));
}
