/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI power management timer [ACPI 6.4, 4.8.3.3]: 24 or 32 bits in one port. */
#include <arch/port.h>
#include <dev/device.h>
#include <kernel/clock.h>

static uint16_t port;

static uint64_t read(void)
{
	return arch_port_read32(port);
}

static struct clock_reference pm_reference = {.hz = 3579545, .read = read};

static int probe(const struct device *device)
{
	port = (uint16_t)device->regs[0].pa;
	pm_reference.bits = 8 * device->reg_io_width;
	clock_register_reference(&pm_reference);
	return 0;
}

static const char *const compatible[] = {"acpi,pm-timer", NULL};
DRIVER(pmtimer) = {
	.name = "pm-timer", .compatible = compatible, .phase = DRIVER_CLOCK, .probe = probe};
