/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Discovery from a device tree: one walk. RAM, CPUs, boot line, initrd and seed go to boot_info; a
 * node that some linked driver knows becomes a device.
 */
#include <errno.h>
#include <string.h>

#include <arch/boot.h>
#include <arch/mmu.h>
#include <arch/cpu.h>
#include <base/compiler.h>
#include <base/fdt.h>
#include <base/str.h>
#include <dev/device.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/boot_map.h>

LOG_MODULE(fdt);

#define TREE_MAX (16UL << 20) /* loaders leave room behind the tree */

#define CPU_DEPTH 2 /* /cpus/cpu@0 */

static bool in_cpu;	    /* the walk is below the node of a CPU that is counted */
static const char *strings; /* of the tree, for device_property() */
static const char *stdout_path;
static const uint8_t *aliases, *aliases_end;

static uint32_t be32(const void *at)
{
	return __builtin_bswap32(*(const uint32_t *)at);
}

const void *device_property(const struct device *device, const char *name, uint32_t *len)
{
	struct fdt_value value = {NULL, 0};

	if (strings)
		value = fdt_find_property(device->firmware, device->firmware_end, strings, name);
	*len = value.len;
	return value.data;
}

const char *device_property_string(const struct device *device, const char *name)
{
	uint32_t len;
	const char *text = device_property(device, name, &len);

	return text && len && !text[len - 1] ? text : NULL;
}

static uint32_t device_number(const struct device *device, const char *name)
{
	uint32_t len;
	const void *value = device_property(device, name, &len);

	return value && len >= 4 ? be32(value) : 0;
}

static void read_chosen(const struct fdt_walk *walk)
{
	struct fdt_value value, end;

	if (fdt_property(walk, "bootargs", &value))
		boot_set_line((const char *)value.data, value.len);
	if (fdt_property(walk, "rng-seed", &value)) {
		boot_info.seed_size = value.len < sizeof(boot_info.seed) ? value.len
									 : sizeof(boot_info.seed);
		memcpy(boot_info.seed, value.data, boot_info.seed_size);
	}
	if (fdt_property(walk, "linux,initrd-start", &value) &&
	    fdt_property(walk, "linux,initrd-end", &end)) {
		uint64_t start = fdt_number(&value), stop = fdt_number(&end);

		if (stop > start) {
			boot_info.initrd_pa = start;
			boot_info.initrd_size = stop - start;
			boot_add_reserved(start, stop - start);
		}
	}
	if (fdt_property(walk, "stdout-path", &value) && value.len && !value.data[value.len - 1])
		stdout_path = (const char *)value.data;
}

static void add_regions(const struct fdt_walk *walk, int (*add)(uint64_t, uint64_t))
{
	struct fdt_region region;

	for (unsigned i = 0; !fdt_reg(walk, i, &region); i++)
		add(region.address, region.size);
}

/* It may stand in each CPU's node or in the one above. */
static NOINLINE void read_timebase(const struct fdt_walk *walk)
{
	struct fdt_value value;

	if (fdt_property(walk, "timebase-frequency", &value))
		arch_counter_set_rate(fdt_number(&value));
}

static void read_cpu(const struct fdt_walk *walk)
{
	struct fdt_region region;

	if (!fdt_reg_raw(walk, 0, &region) && walk->node.enabled)
		boot_add_cpu(region.address);
	read_timebase(walk);
}

static void read_device(const struct fdt_walk *walk, const struct driver *driver,
			const char *compatible)
{
	const struct fdt_node *node = &walk->node;
	struct device device = {.compatible = compatible,
				.irq_cells = node->value[FDT_INTERRUPTS].data,
				.irq_cells_len = node->value[FDT_INTERRUPTS].len,
				.firmware = node->properties,
				.firmware_end = walk->next};
	struct fdt_region region;

	str_copy(device.name, node->name, sizeof(device.name));
	while (device.reg_count < DEVICE_REGS_MAX && !fdt_reg(walk, device.reg_count, &region)) {
		device.regs[device.reg_count].pa = region.address;
		device.regs[device.reg_count++].size = region.size;
	}
	device.reg_shift = device_number(&device, "reg-shift");
	device.reg_io_width = device_number(&device, "reg-io-width");
	device.clock_hz = device_number(&device, "clock-frequency");
	device_add(&device, driver);
}

static void match_device(const struct fdt_walk *walk)
{
	const struct fdt_value *list = &walk->node.value[FDT_COMPATIBLE];

	if (!walk->node.enabled)
		return;
	for (const char *text = NULL; (text = fdt_next_string(list, text));) {
		const struct driver *driver = driver_find(text, str_length(text));

		if (driver) {
			read_device(walk, driver, text);
			return;
		}
	}
}

static void read_node(const struct fdt_walk *walk, unsigned *reserved_depth)
{
	const struct fdt_node *node = &walk->node;
	const char *type = fdt_string(&node->value[FDT_DEVICE_TYPE]);

	if (*reserved_depth && node->depth > *reserved_depth) {
		add_regions(walk, boot_add_reserved);
		return;
	}
	*reserved_depth = 0;
	if (node->depth <= CPU_DEPTH)
		in_cpu = node->enabled && type && str_equal(type, "cpu");
	if (type && str_equal(type, "memory")) {
		if (node->enabled) /* what is not may be the secure world's */
			add_regions(walk, boot_add_ram);
	} else if (type && str_equal(type, "cpu")) {
		read_cpu(walk);
	} else if (node->depth == 1 && str_equal(node->name, "chosen")) {
		read_chosen(walk);
	} else if (node->depth == 1 && str_equal(node->name, "aliases")) {
		aliases = node->properties;
		aliases_end = walk->next;
	} else if (node->depth == 1 && str_equal(node->name, "reserved-memory")) {
		*reserved_depth = 1;
	} else if (node->depth == 1 && str_equal(node->name, "cpus")) {
		read_timebase(walk);
	} else {
		/* An interrupt controller inside a cpu node is that CPU's own. */
		if (in_cpu && node->value[FDT_INTERRUPT_CONTROLLER].data &&
		    boot_info.cpu_count - 1 < 16)
			boot_info.cpu_intc[boot_info.cpu_count - 1] =
				(uint32_t)fdt_number(&node->value[FDT_PHANDLE]);
		match_device(walk);
	}
}

/* "/soc/uart@…:115200" or "serial0": find the device whose node it names. */
static void mark_stdout(void)
{
	char alias[24];
	const char *path = stdout_path, *last;
	struct device *device;
	size_t length;

	if (!path)
		return;
	if (path[0] != '/' && aliases) {
		size_t n = 0;

		while (n < sizeof(alias) - 1 && path[n] && path[n] != ':') {
			alias[n] = path[n];
			n++;
		}
		alias[n] = '\0';
		struct fdt_value target = fdt_find_property(aliases, aliases_end, strings, alias);

		path = fdt_string(&target);
		if (!path)
			return;
	}
	last = path;
	for (const char *p = path; *p && *p != ':'; p++)
		if (*p == '/')
			last = p + 1;
	for (length = 0; last[length] && last[length] != ':'; length++)
		;
	for (unsigned i = 0; (device = device_at(i)); i++)
		if (str_equal_n(device->name, last, length) && !device->name[length])
			device->is_stdout = true;
}

/* Only the blocks in use: a loader may have left the tree in a much larger space. */
static void reserve_tree(const void *tree)
{
	uint32_t used, struct_end = be32((const char *)tree + 8) + be32((const char *)tree + 36);
	uint32_t strings_end = be32((const char *)tree + 12) + be32((const char *)tree + 32);

	used = struct_end > strings_end ? struct_end : strings_end;
	boot_info.firmware_pa = arch_boot.fdt_pa;
	boot_info.firmware_size = used;
	boot_add_reserved(arch_boot.fdt_pa, used);
}

int boot_discover_fdt(void)
{
	struct fdt_walk walk;
	struct fdt_region region;
	unsigned reserved_depth = 0;
	const void *tree = arch_boot.fdt_pa ? boot_map_physical(arch_boot.fdt_pa, PAGE_SIZE,
								PAGE_READ | PAGE_WRITE)
					    : NULL;
	int more;

	if (!tree)
		return -ENOENT;
	more = fdt_check(tree, TREE_MAX);
	if (more < 0 ||
	    !boot_map_physical(arch_boot.fdt_pa, fdt_size(tree), PAGE_READ | PAGE_WRITE))
		return more < 0 ? more : -E2BIG;
	strings = (const char *)tree + be32((const char *)tree + 12);
	for (unsigned i = 0; !fdt_reservation(tree, i, &region); i++)
		boot_add_reserved(region.address, region.size);
	more = fdt_walk_begin(&walk, tree, TREE_MAX);
	while (more >= 0 && (more = fdt_walk_next(&walk)) > 0)
		read_node(&walk, &reserved_depth);
	if (more < 0)
		return more;
	reserve_tree(tree);
	mark_stdout();
	return 0;
}
