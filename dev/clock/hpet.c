/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * High precision event timer [IA-PC HPET 1.0a]: only its counter, of which 32 bits are always
 * there.
 */
#include <errno.h>

#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/clock.h>
#include <mem/linear.h>

#define REG_PERIOD  0x004 /* in femtoseconds */
#define REG_CONFIG  0x010
#define REG_COUNTER 0x0f0

#define CONFIG_RUN 1
#define FS_PER_S   1000000000000000UL
#define PERIOD_MAX 100000000U /* [2.3.4] */

static volatile void *regs;

static uint64_t read(void)
{
	return mmio_read32(regs, REG_COUNTER);
}

static struct clock_reference hpet_reference = {.read = read, .bits = 32};

static int probe(const struct device *device)
{
	uint32_t period;

	regs = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!regs)
		return -ENOMEM;
	period = mmio_read32(regs, REG_PERIOD);
	if (!period || period > PERIOD_MAX)
		return -ENODEV;
	mmio_write32(regs, REG_CONFIG, mmio_read32(regs, REG_CONFIG) | CONFIG_RUN);
	hpet_reference.hz = FS_PER_S / period;
	clock_register_reference(&hpet_reference);
	return 0;
}

static const char *const compatible[] = {"acpi,hpet", NULL};
DRIVER(hpet) = {.name = "hpet", .compatible = compatible, .phase = DRIVER_CLOCK, .probe = probe};
