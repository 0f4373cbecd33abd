/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Goldfish real-time clock: ns since 1970 [Linux,
 * Documentation/devicetree/bindings/rtc/google,goldfish-rtc].
 */
#include <errno.h>

#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/clock.h>
#include <mem/linear.h>

#define TIME_LOW  0x00 /* reading it holds TIME_HIGH */
#define TIME_HIGH 0x04

static int goldfish_probe(const struct device *device)
{
	volatile void *base;
	uint64_t low;

	if (!device->reg_count)
		return -EINVAL;
	base = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!base)
		return -ENOMEM;
	low = mmio_read32(base, TIME_LOW);
	clock_set_realtime_ns((uint64_t)mmio_read32(base, TIME_HIGH) << 32 | low);
	return 0;
}

static const char *const goldfish_compatible[] = {"google,goldfish-rtc", NULL};
DRIVER(goldfish) = {.name = "goldfish-rtc",
		    .compatible = goldfish_compatible,
		    .phase = DRIVER_CLOCK,
		    .probe = goldfish_probe};
