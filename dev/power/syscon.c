/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Off by a write to a system controller's register [Linux, bindings/power/reset/syscon-poweroff].
 */
#include <errno.h>

#include <arch/boot.h>
#include <base/endian.h>
#include <base/fdt.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/power.h>
#include <mem/linear.h>

static volatile void *off_register;
static uint32_t off_value, off_mask = 0xffffffff;

static void syscon_off(int status)
{
	(void)status;
	mmio_write32(off_register, 0,
		     (mmio_read32(off_register, 0) & ~off_mask) | (off_value & off_mask));
}

static bool number(const struct device *device, const char *name, uint32_t *value)
{
	uint32_t len;
	const uint8_t *cells = device_property(device, name, &len);

	if (!cells || len != 4)
		return false;
	*value = be32_load(cells);
	return true;
}

/* The registers of the node with a phandle: another walk, for which the tree is still there. */
static int find_regmap(uint32_t phandle, struct fdt_region *region)
{
	const void *tree = linear_address(arch_boot.fdt_pa);
	struct fdt_walk walk;
	int more = fdt_walk_begin(&walk, tree, fdt_size(tree));

	while (more >= 0 && (more = fdt_walk_next(&walk)) > 0)
		if (fdt_number(&walk.node.value[FDT_PHANDLE]) == phandle)
			return fdt_reg(&walk, 0, region);
	return -ENOENT;
}

static int syscon_probe(const struct device *device)
{
	uint32_t phandle, offset = 0;
	struct fdt_region region;

	if (!number(device, "regmap", &phandle) || find_regmap(phandle, &region))
		return -EINVAL;
	number(device, "offset", &offset);
	number(device, "mask", &off_mask);
	if (!number(device, "value", &off_value))
		off_value = off_mask;
	if (offset > region.size - 4)
		return -EINVAL;
	off_register = linear_map_device(region.address + offset, 4);
	if (!off_register)
		return -ENOMEM;
	power_register_off(syscon_off);
	return 0;
}

static const char *const syscon_compatible[] = {"syscon-poweroff", NULL};
DRIVER(syscon_poweroff) = {.name = "syscon-poweroff",
			   .compatible = syscon_compatible,
			   .phase = DRIVER_OTHER,
			   .probe = syscon_probe};
