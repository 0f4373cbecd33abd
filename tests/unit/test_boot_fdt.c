/* SPDX-License-Identifier: BSD-2-Clause */
// sources: kernel/boot_fdt.c kernel/boot.c dev/device.c lib/fdt.c lib/fdt_value.c lib/cmdline.c
// sources: lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c mem/frame.c
// sources: kernel/spinlock.c
// flags: -Iinclude/arch/host -Iarch/host
/*
 * What is read from a device tree: made ones, those of the emulator's machines, and damaged ones.
 */
#include <errno.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <dev/device.h>
#include <kernel/boot.h>
#include <kernel/console.h>
#include <kernel/log.h>
#include <mem/boot_map.h>
#include <mem/linear.h>

#include "fresh.h"
#include "host.h"
#include "set.h"
#include "tree.h"

#define TREE_PA 0x48000000UL

static int probe(const struct device *device)
{
	(void)device;
	return 0;
}

static const char *const uart_names[] = {"arm,pl011", "ns16550a", NULL};
static const char *const intc_names[] = {"arm,cortex-a15-gic", "riscv,plic0", NULL};
static const char *const rtc_names[] = {"arm,pl031", "google,goldfish-rtc", NULL};

UNIT_SET(driver, const struct driver, 3) = {
	{"uart", uart_names, DRIVER_CONSOLE, probe, NULL},
	{"intc", intc_names, DRIVER_INTC, probe, NULL},
	{"rtc", rtc_names, DRIVER_OTHER, probe, NULL},
};
UNIT_SET_END(driver, 120);

static uint64_t timebase;
static uint8_t *blob;
static size_t blob_size;

/* The tree in a heap block of its own size, so that the sanitizer sees who leaves it. */
void *boot_map_physical(uint64_t pa, uint64_t size, unsigned attrs)
{
	(void)attrs;
	return pa == TREE_PA && size <= (16UL << 20) ? blob : NULL;
}

void arch_counter_set_rate(uint64_t hz)
{
	timebase = hz;
}

const struct intc_ops *irq_controller(void)
{
	return NULL;
}

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

int log_set_level(const char *module, const char *level)
{
	(void)module, (void)level;
	return 0;
}

void log_use_control_channel(void)
{
}

void console_write(const char *text, size_t length)
{
	(void)text, (void)length;
}

static int discover(uint8_t *tree, size_t size)
{
	/* The page that is mapped first is read whole. */
	blob = tree;
	blob_size = size;
	arch_boot.fdt_pa = TREE_PA;
	return boot_discover_fdt();
}

static int finish(struct tree *tree)
{
	size_t size;
	uint8_t *made = tree_finish(tree, &size);

	return discover(made, size);
}

static const struct device *device_named(const char *name)
{
	const struct device *device;

	for (unsigned i = 0; (device = device_at(i)); i++)
		if (!strcmp(device->name, name))
			return device;
	return NULL;
}

static bool reserved(uint64_t start, uint64_t size)
{
	for (unsigned i = 0; i < boot_info.reserved_count; i++)
		if (boot_info.reserved[i].start == start && boot_info.reserved[i].size == size)
			return true;
	return false;
}

static void begin(struct tree *tree)
{
	tree_begin(tree);
	tree_node(tree, "");
	tree_cells(tree, "#address-cells", 2);
	tree_cells(tree, "#size-cells", 2);
}

static void cpu(struct tree *tree, const char *name, uint32_t number, const char *status)
{
	tree_node(tree, name);
	tree_text(tree, "device_type", "cpu");
	tree_cells(tree, "reg", number);
	if (status)
		tree_data(tree, "status", status, strlen(status) + 1);
}

FRESH_TEST(no_tree)
{
	arch_boot.fdt_pa = 0;
	CHECK(boot_discover_fdt() == -ENOENT);
}

FRESH_TEST(a_small_board)
{
	size_t size;
	uint8_t *tree = tree_board(&size);

	CHECK(!discover(tree, size));
	CHECK(boot_info.ram_count == 2);
	CHECK(boot_info.ram[0].start == 0x80000000 && boot_info.ram[0].size == 0x1000000);
	CHECK(reserved(0x80000000, 0x1000) && reserved(0x123456789a, 0x20));
	CHECK(!strcmp(boot_info.line, "quiet -- a"));
	CHECK(boot_info.firmware_pa == TREE_PA && boot_info.firmware_size == size);
	CHECK(reserved(TREE_PA, size));
}

FRESH_TEST(memory_and_what_is_reserved)
{
	struct tree tree;

	begin(&tree);
	tree_node(&tree, "memory@40000000");
	tree_text(&tree, "device_type", "memory");
	tree_cells(&tree, "reg", 0, 0x40000000, 0, 0x8000000, 1, 0, 0, 0x4000000);
	tree_end(&tree);
	tree_node(&tree, "memory@48000000");
	tree_text(&tree, "device_type", "memory");
	tree_cells(&tree, "reg", 0, 0x48000000, 0, 0x1000000);
	tree_end(&tree);
	tree_node(&tree, "secram@e000000");
	tree_text(&tree, "device_type", "memory");
	tree_text(&tree, "status", "disabled");
	tree_cells(&tree, "reg", 0, 0xe000000, 0, 0x1000000);
	tree_end(&tree);
	tree_node(&tree, "reserved-memory");
	tree_cells(&tree, "#address-cells", 2);
	tree_cells(&tree, "#size-cells", 2);
	tree_data(&tree, "ranges", NULL, 0);
	tree_node(&tree, "firmware@40000000");
	tree_cells(&tree, "reg", 0, 0x40000000, 0, 0x20000, 0, 0x41000000, 0, 0x1000);
	tree_end(&tree);
	tree_node(&tree, "pool"); /* to be placed by the kernel: not ours */
	tree_cells(&tree, "size", 0, 0x100000);
	tree_end(&tree);
	tree_end(&tree);
	tree_node(&tree, "uart@9000000");
	tree_text(&tree, "compatible", "arm,pl011");
	tree_cells(&tree, "reg", 0, 0x9000000, 0, 0x1000);
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
	/* Neighbours are one range. */
	CHECK(boot_info.ram_count == 2);
	for (int i = 0; i < 2; i++)
		CHECK(boot_info.ram[i].start == 0x40000000 ? boot_info.ram[i].size == 0x9000000
							   : boot_info.ram[i].start == 0x100000000);
	CHECK(reserved(0x40000000, 0x20000) && reserved(0x41000000, 0x1000));
	CHECK(boot_info.reserved_count == 3);
	/* What comes behind the reserved ones is a device again. */
	CHECK(device_named("uart@9000000"));
}

FRESH_TEST(what_is_chosen)
{
	struct tree tree;
	uint8_t seed[40];

	memset(seed, 0x5a, sizeof(seed));
	begin(&tree);
	tree_node(&tree, "chosen");
	tree_text(&tree, "bootargs", "log=debug -- x");
	tree_data(&tree, "rng-seed", seed, sizeof(seed));
	tree_cells(&tree, "linux,initrd-start", 0x44000000);
	tree_cells(&tree, "linux,initrd-end", 0, 0x44123456);
	tree_text(&tree, "stdout-path", "serial1:115200n8");
	tree_end(&tree);
	tree_node(&tree, "aliases");
	tree_text(&tree, "serial0", "/soc/uart@1000");
	tree_text(&tree, "serial1", "/soc/uart@2000");
	tree_end(&tree);
	tree_node(&tree, "soc");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 1);
	tree_data(&tree, "ranges", NULL, 0);
	tree_node(&tree, "uart@1000");
	tree_text(&tree, "compatible", "ns16550a");
	tree_cells(&tree, "reg", 0x1000, 0x100);
	tree_end(&tree);
	tree_node(&tree, "uart@2000");
	tree_text(&tree, "compatible", "maker,special\0ns16550a");
	tree_cells(&tree, "reg", 0x2000, 0x100);
	tree_cells(&tree, "reg-shift", 2);
	tree_cells(&tree, "reg-io-width", 4);
	tree_cells(&tree, "clock-frequency", 1843200);
	tree_cells(&tree, "interrupts", 10);
	tree_end(&tree);
	tree_node(&tree, "uart@3000");
	tree_text(&tree, "compatible", "ns16550a");
	tree_text(&tree, "status", "disabled");
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
	CHECK(!strcmp(boot_info.line, "log=debug -- x"));
	CHECK(boot_info.seed_size == 32 && boot_info.seed[31] == 0x5a);
	CHECK(boot_info.initrd_pa == 0x44000000 && boot_info.initrd_size == 0x123456);
	CHECK(reserved(0x44000000, 0x123456));
	CHECK(!device_named("uart@1000")->is_stdout && device_named("uart@2000")->is_stdout);
	CHECK(device_named("uart@2000")->regs[0].pa == 0x2000);
	CHECK(device_named("uart@2000")->regs[0].size == 0x100);
	CHECK(device_named("uart@2000")->reg_shift == 2 &&
	      device_named("uart@2000")->reg_io_width == 4);
	CHECK(device_named("uart@2000")->clock_hz == 1843200);
	CHECK(device_named("uart@2000")->irq_cells_len == 4);
	CHECK(!strcmp(device_named("uart@2000")->compatible, "ns16550a"));
	CHECK(!device_named("uart@3000"));
}

FRESH_TEST(the_console_by_path)
{
	struct tree tree;

	begin(&tree);
	tree_node(&tree, "chosen");
	tree_text(&tree, "stdout-path", "/pl011@9000000");
	tree_end(&tree);
	tree_node(&tree, "pl011@9000000");
	tree_text(&tree, "compatible", "arm,pl011");
	tree_end(&tree);
	tree_node(&tree, "pl011@90000000");
	tree_text(&tree, "compatible", "arm,pl011");
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
	CHECK(device_named("pl011@9000000")->is_stdout &&
	      !device_named("pl011@90000000")->is_stdout);
}

FRESH_TEST(a_console_that_is_not_there)
{
	struct tree tree;

	begin(&tree);
	tree_node(&tree, "chosen");
	tree_text(&tree, "stdout-path", "serial7");
	tree_end(&tree);
	tree_node(&tree, "aliases");
	tree_text(&tree, "serial0", "/nowhere/at/all");
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
}

FRESH_TEST(cpus)
{
	struct tree tree;

	begin(&tree);
	tree_node(&tree, "cpus");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 0);
	tree_cells(&tree, "timebase-frequency", 10000000);
	for (uint32_t i = 0; i < 3; i++) {
		char name[] = "cpu@0";

		name[4] = (char)('0' + i * 2);
		cpu(&tree, name, i * 2, i == 1 ? "disabled" : i == 2 ? "okay" : NULL);
		tree_node(&tree, "interrupt-controller");
		tree_text(&tree, "compatible", "riscv,cpu-intc");
		tree_data(&tree, "interrupt-controller", NULL, 0);
		tree_cells(&tree, "phandle", 100 + i);
		tree_end(&tree);
		tree_end(&tree);
	}
	tree_end(&tree);
	/* Another controller as deep in the tree, which is no CPU's own. */
	tree_node(&tree, "soc");
	tree_node(&tree, "bus");
	tree_node(&tree, "interrupt-controller@c000000");
	tree_data(&tree, "interrupt-controller", NULL, 0);
	tree_cells(&tree, "phandle", 55);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
	CHECK(boot_info.cpu_count == 2 && boot_info.cpu_hwid[0] == 0 && boot_info.cpu_hwid[1] == 4);
	CHECK(boot_info.cpu_intc[0] == 100 && boot_info.cpu_intc[1] == 102);
	CHECK(timebase == 10000000);
}

FRESH_TEST(more_cpus_than_are_kept)
{
	struct tree tree;

	begin(&tree);
	tree_node(&tree, "cpus");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 0);
	for (uint32_t i = 0; i < 20; i++) {
		cpu(&tree, "cpu", i, NULL);
		tree_node(&tree, "interrupt-controller");
		tree_data(&tree, "interrupt-controller", NULL, 0);
		tree_cells(&tree, "phandle", 100 + i);
		tree_end(&tree);
		tree_end(&tree);
	}
	tree_end(&tree);
	tree_end(&tree);
	CHECK(!finish(&tree));
	CHECK(boot_info.cpu_count == 20 && boot_info.cpu_hwid[15] == 15);
}

/* The trees the emulator makes (unit.mk dumps them). */
static uint8_t *machine(const char *arch, size_t *size)
{
	const char *folder = getenv("UNIT_DIR");
	char path[300];

	snprintf(path, sizeof(path), "%s/virt-%s.dtb", folder ? folder : "build/unit", arch);
	return unit_read_file(path, size);
}

static void check_machine(const char *arch, uint64_t ram, unsigned devices)
{
	size_t size;
	uint8_t *tree = machine(arch, &size);
	unsigned count = 0;

	CHECK(tree && !discover(tree, size));
	CHECK(boot_info.ram_count == 1 && boot_info.ram[0].start == ram);
	CHECK(boot_info.cpu_count == 4 && boot_info.cpu_hwid[3] == 3);
	while (device_at(count))
		count++;
	CHECK(count == devices);
	for (unsigned i = 0; i < count; i++)
		CHECK(device_at(i)->reg_count && device_at(i)->regs[0].size);
}

static bool have_machines(void)
{
	size_t size;
	uint8_t *a = machine("aarch64", &size), *b = machine("riscv64", &size);
	bool both = a && b;

	free(a);
	free(b);
	return both;
}

FRESH_TEST(qemu_aarch64)
{
	if (have_machines())
		CHECK_IN(check_machine("aarch64", 0x40000000, 3));
}

FRESH_TEST(qemu_riscv64)
{
	if (have_machines())
		CHECK_IN(check_machine("riscv64", 0x80000000, 3));
	CHECK(!have_machines() || (timebase == 10000000 && boot_info.cpu_intc[3]));
}

/* Whatever is wrong with a tree, nothing outside of it is read, and there is an end. */
static uint64_t damage_seed;
static const char *damaged;

static void one_damaged(void)
{
	uint64_t seed = damage_seed;
	size_t size;
	uint8_t *tree = damaged ? machine(damaged, &size) : tree_board(&size);
	unsigned spots = 1 + (unsigned)(unit_random(&seed) % 8);

	if (!tree)
		return;
	/* Exactly as long as it says, at first. */
	tree = realloc(tree, size);
	for (unsigned i = 0; i < spots; i++) {
		uint64_t random = unit_random(&seed);

		tree[random % size] = random >> 60 & 1 ? (uint8_t)(random >> 32)
						       : (uint8_t)(tree[random % size] ^
								   1 << (random >> 32 & 7));
	}
	if (be32_load(tree + 4) > size)
		be32_store(tree + 4, (uint32_t)size);
	if (HOST_STOPS(discover(tree, size)))
		CHECK(strstr(host_stop_reason, "reserved"));
	for (unsigned i = 0; i < boot_info.ram_count; i++)
		CHECK(boot_info.ram[i].start + boot_info.ram[i].size > boot_info.ram[i].start);
	CHECK(strlen(boot_info.line) < BOOT_LINE_MAX && boot_info.seed_size <= 32);
}

static void damage(const char *name)
{
	damaged = name;
	for (damage_seed = 1; damage_seed <= 150 && !unit_failure[0]; damage_seed++)
		fresh_run(one_damaged);
	if (unit_failure[0])
		printf("  seed %lu\n", (unsigned long)damage_seed - 1);
}

TEST(damaged_board)
{
	damage(NULL);
}

TEST(damaged_qemu_aarch64)
{
	damage("aarch64");
}

TEST(damaged_qemu_riscv64)
{
	damage("riscv64");
}
