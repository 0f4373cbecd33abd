/* SPDX-License-Identifier: BSD-2-Clause */
/* SiFive's test finisher: a write ends the machine, with a status for the emulator's caller. */
#include <errno.h>

#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/power.h>
#include <mem/linear.h>

#define FINISH_FAIL 0x3333 /* with the status in the upper half */
#define FINISH_PASS 0x5555

static volatile void *base;

static void sifive_off(int status)
{
	mmio_write32(base, 0, status ? (uint32_t)status << 16 | FINISH_FAIL : FINISH_PASS);
}

static int sifive_probe(const struct device *device)
{
	if (!device->reg_count)
		return -EINVAL;
	base = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!base)
		return -ENOMEM;
	power_register_off(sifive_off);
	return 0;
}

/*
 * Early, so that it comes before a syscon-poweroff node that writes to the same register without
 * status.
 */
static const char *const sifive_compatible[] = {"sifive,test1", "sifive,test0", NULL};
DRIVER(sifive_test) = {.name = "sifive-test",
		       .compatible = sifive_compatible,
		       .phase = DRIVER_CLOCK,
		       .probe = sifive_probe};
