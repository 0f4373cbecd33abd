/* SPDX-License-Identifier: BSD-2-Clause */
/* PrimeCell real-time clock PL031: seconds since 1970 [ARM DDI 0224C]. */
#include <errno.h>

#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/clock.h>
#include <mem/linear.h>

static int pl031_probe(const struct device *device)
{
	volatile void *rtc;

	if (!device->reg_count)
		return -EINVAL;
	rtc = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!rtc)
		return -ENOMEM;
	clock_set_realtime_ns(mmio_read32(rtc, 0) * NS_PER_S);
	return 0;
}

static const char *const pl031_compatible[] = {"arm,pl031", NULL};
DRIVER(pl031) = {.name = "pl031",
		 .compatible = pl031_compatible,
		 .phase = DRIVER_OTHER,
		 .probe = pl031_probe};
