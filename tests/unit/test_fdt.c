/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/fdt.c lib/fdt_value.c lib/str.c
#include <errno.h>

#include <base/fdt.h>

#include "tree.h"

static uint8_t *board;
static size_t board_size;
static struct fdt_walk walk;

/* Walk the board's tree until a node of this name is the present one. */
static bool go_to(const char *name)
{
	if (!board)
		board = tree_board(&board_size);
	if (fdt_walk_begin(&walk, board, board_size))
		return false;
	while (fdt_walk_next(&walk) == 1)
		if (!strcmp(walk.node.name, name))
			return true;
	return false;
}

TEST(every_node_once_with_its_depth)
{
	static const struct {
		const char *name;
		unsigned depth;
	} expect[] = {
		{"", 0},	 {"chosen", 1},	       {"memory@80000000", 1},
		{"cpus", 1},	 {"cpu@3", 2},	       {"interrupt-controller", 3},
		{"soc", 1},	 {"bus@1000", 2},      {"uart@2000", 3},
		{"old@3000", 3}, {"child", 4},	       {"i2c", 1},
		{"clock@68", 2}, {"pcie@10000000", 1}, {"nic@0", 2},
	};
	size_t seen = 0;

	CHECK(go_to(""));
	do {
		CHECK(seen < sizeof(expect) / sizeof(expect[0]));
		CHECK(!strcmp(walk.node.name, expect[seen].name));
		CHECK(walk.node.depth == expect[seen].depth);
		seen++;
	} while (fdt_walk_next(&walk) == 1);
	CHECK(seen == sizeof(expect) / sizeof(expect[0]));
	CHECK(fdt_walk_next(&walk) == 0);
}

TEST(known_properties)
{
	const struct fdt_value *value = walk.node.value;

	CHECK(go_to("uart@2000"));
	CHECK(value[FDT_COMPATIBLE].len == 20 && value[FDT_REG].len == 32);
	CHECK(value[FDT_INTERRUPTS].len == 8 && fdt_cell(&value[FDT_INTERRUPTS], 1) == 5);
	CHECK(value[FDT_STATUS].data && !value[FDT_PHANDLE].data && !value[FDT_RANGES].data);
	CHECK(go_to("interrupt-controller"));
	CHECK(value[FDT_INTERRUPT_CONTROLLER].data && !value[FDT_INTERRUPT_CONTROLLER].len);
	CHECK(fdt_number(&value[FDT_PHANDLE]) == 2);
	CHECK(fdt_number(&value[FDT_INTERRUPT_CELLS]) == 1);
	CHECK(go_to("memory@80000000"));
	CHECK(!strcmp(fdt_string(&value[FDT_DEVICE_TYPE]), "memory"));
	CHECK(go_to("child"));
	CHECK(value[FDT_INTERRUPTS_EXTENDED].len == 8 && !value[FDT_STATUS].data);
	CHECK(go_to("i2c"));
	CHECK(fdt_number(&value[FDT_ADDRESS_CELLS]) == 1 && value[FDT_SIZE_CELLS].len == 4);
	CHECK(go_to("soc"));
	CHECK(fdt_number(&value[FDT_INTERRUPT_PARENT]) == 7);
}

/* Every key is found under its own name, whatever else begins with its letter. */
TEST(every_key_is_found)
{
	static const char *const names[FDT_KEY_COUNT] = {
		[FDT_COMPATIBLE] = "compatible",
		[FDT_REG] = "reg",
		[FDT_INTERRUPTS] = "interrupts",
		[FDT_STATUS] = "status",
		[FDT_DEVICE_TYPE] = "device_type",
		[FDT_PHANDLE] = "phandle",
		[FDT_RANGES] = "ranges",
		[FDT_INTERRUPT_PARENT] = "interrupt-parent",
		[FDT_INTERRUPT_CONTROLLER] = "interrupt-controller",
		[FDT_INTERRUPT_CELLS] = "#interrupt-cells",
		[FDT_INTERRUPTS_EXTENDED] = "interrupts-extended",
		[FDT_ADDRESS_CELLS] = "#address-cells",
		[FDT_SIZE_CELLS] = "#size-cells",
	};
	static const char *const others[] = {
		"",
		"c",
		"#",
		"clocks",
		"compatibl",
		"compatible2",
		"regs",
		"re",
		"range",
		"interrupt",
		"interrupt-map",
		"statu",
		"device-type",
		"phandles",
		"#size",
		"C",
		"@",
		"\xe3",
		"s",
		"i",
	};
	struct tree tree;
	size_t size;
	uint8_t *blob;

	tree_begin(&tree);
	tree_node(&tree, "");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		tree_cells(&tree, others[i], 99);
	for (uint32_t i = 0; i < FDT_KEY_COUNT; i++)
		tree_cells(&tree, names[i], i % 5);
	tree_end(&tree);
	blob = tree_finish(&tree, &size);
	CHECK(fdt_walk_begin(&walk, blob, size) == 0 && fdt_walk_next(&walk) == 1);
	for (uint32_t i = 0; i < FDT_KEY_COUNT; i++)
		CHECK(walk.node.value[i].data && fdt_number(&walk.node.value[i]) == i % 5);
	free(blob);
}

TEST(any_property)
{
	struct fdt_value value;

	CHECK(go_to("chosen"));
	CHECK(fdt_property(&walk, "bootargs", &value));
	CHECK(!strcmp(fdt_string(&value), "quiet -- a"));
	CHECK(!fdt_property(&walk, "bootarg", &value));
	CHECK(!fdt_property(&walk, "reg", &value));
	CHECK(go_to("cpus"));
	CHECK(fdt_property(&walk, "#size-cells", &value) && value.len == 4);
	CHECK(!fdt_property(&walk, "reg", &value));
}

TEST(strings)
{
	const struct fdt_value *compatible = &walk.node.value[FDT_COMPATIBLE];
	struct fdt_value open = {(const uint8_t *)"ab\0cd", 5};
	const char *text;

	CHECK(go_to("uart@2000"));
	text = fdt_string(compatible);
	CHECK(text && !strcmp(text, "maker,uart"));
	text = fdt_next_string(compatible, text);
	CHECK(text && !strcmp(text, "ns16550a"));
	CHECK(!fdt_next_string(compatible, text));
	CHECK(fdt_has_string(compatible, "ns16550a") && fdt_has_string(compatible, "maker,uart"));
	CHECK(!fdt_has_string(compatible, "ns16550") && !fdt_has_string(compatible, "ns16550ab"));
	CHECK(!fdt_has_string(compatible, "maker") && !fdt_has_string(compatible, ""));
	CHECK(!fdt_string(&open) && !fdt_has_string(&open, "ab"));
	open.len = 0;
	CHECK(!fdt_string(&open));
	CHECK(!fdt_string(&walk.node.value[FDT_PHANDLE]));
	CHECK(!fdt_has_string(&walk.node.value[FDT_PHANDLE], ""));
}

TEST(numbers)
{
	static const uint8_t bytes[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct fdt_value value = {bytes, 4};

	CHECK(fdt_number(&value) == 0x01020304);
	value.len = 8;
	CHECK(fdt_number(&value) == UINT64_C(0x0102030405060708));
	value.len = 12;
	CHECK(fdt_number(&value) == 0x01020304 && fdt_cell(&value, 2) == 0x090a0b0c);
	CHECK(fdt_cell(&value, 3) == 0 && fdt_cell(&value, UINT32_MAX) == 0);
	value.len = 3;
	CHECK(fdt_number(&value) == 0);
}

TEST(enabled)
{
	CHECK(go_to("uart@2000") && walk.node.enabled);
	CHECK(go_to("soc") && walk.node.enabled);
	CHECK(go_to("old@3000") && !walk.node.enabled);
	CHECK(go_to("child") && !walk.node.enabled);
	CHECK(go_to("i2c") && walk.node.enabled);
}

TEST(interrupt_parent_is_inherited)
{
	CHECK(go_to("memory@80000000") && walk.node.interrupt_parent == 1);
	CHECK(go_to("uart@2000") && walk.node.interrupt_parent == 7);
	CHECK(go_to("pcie@10000000") && walk.node.interrupt_parent == 1);
}

TEST(reg)
{
	struct fdt_region region;

	CHECK(go_to("memory@80000000"));
	CHECK(!fdt_reg(&walk, 0, &region));
	CHECK(region.address == 0x80000000 && region.size == 0x1000000);
	CHECK(!fdt_reg(&walk, 1, &region));
	CHECK(region.address == UINT64_C(0x200000000) && region.size == UINT64_C(0x100000000));
	CHECK(fdt_reg(&walk, 2, &region) == -ENOENT);
	CHECK(fdt_reg(&walk, UINT32_MAX, &region) == -ENOENT);
	CHECK(go_to("chosen") && fdt_reg(&walk, 0, &region) == -ENOENT);
	CHECK(go_to("") && fdt_reg(&walk, 0, &region) == -ENOENT);
}

TEST(reg_is_translated)
{
	struct fdt_region region;

	CHECK(go_to("uart@2000"));
	CHECK(!fdt_reg(&walk, 0, &region));
	CHECK(region.address == UINT64_C(0x100002000) && region.size == 0x100);
	CHECK(!fdt_reg(&walk, 1, &region) && region.address == 0x40000800);
	CHECK(fdt_reg(&walk, 2, &region) == -ENXIO); /* ends outside its window */
	CHECK(fdt_reg(&walk, 3, &region) == -ENXIO); /* in no window */
	CHECK(!fdt_reg_raw(&walk, 0, &region) && region.address == 0x2000);
}

TEST(reg_without_translation)
{
	struct fdt_region region;

	CHECK(go_to("cpu@3"));
	CHECK(!fdt_reg_raw(&walk, 0, &region) && region.address == 3 && region.size == 0);
	CHECK(fdt_reg(&walk, 0, &region) == -ENXIO);
	CHECK(go_to("nic@0") && fdt_reg_raw(&walk, 0, &region) == -ENXIO);
}

TEST(ranges)
{
	struct fdt_range range;

	CHECK(go_to("pcie@10000000"));
	CHECK(!fdt_range(&walk, 0, &range));
	CHECK(range.space == 0x1000000 && range.child == 0 && range.parent == 0x3eff0000);
	CHECK(range.size == 0x10000);
	CHECK(!fdt_range(&walk, 1, &range));
	CHECK(range.space == 0x3000000 && range.child == UINT64_C(0x8000000000));
	CHECK(range.parent == UINT64_C(0x8000000000) && range.size == UINT64_C(0x8000000000));
	CHECK(fdt_range(&walk, 2, &range) == -ENOENT);
	CHECK(go_to("chosen") && fdt_range(&walk, 0, &range) == -ENOENT);
	CHECK(go_to("") && fdt_range(&walk, 0, &range) == -ENOENT);
}

TEST(reservations)
{
	struct fdt_region region;

	CHECK(go_to(""));
	CHECK(!fdt_reservation(board, 0, &region));
	CHECK(region.address == 0x80000000 && region.size == 0x1000);
	CHECK(!fdt_reservation(board, 1, &region));
	CHECK(region.address == UINT64_C(0x123456789a) && region.size == 0x20);
	CHECK(fdt_reservation(board, 2, &region) == -ENOENT);
	CHECK(fdt_reservation(board, UINT32_MAX, &region) == -ENOENT);
	free(board);
	board = NULL;
}

static unsigned count_nodes(const char *path, unsigned *virtio)
{
	size_t size;
	uint8_t *blob = unit_read_file(path, &size);
	unsigned nodes = 0;

	*virtio = 0;
	if (blob && !fdt_walk_begin(&walk, blob, size))
		for (; fdt_walk_next(&walk) == 1; nodes++) {
			struct fdt_region region;

			if (fdt_has_string(&walk.node.value[FDT_COMPATIBLE], "virtio,mmio") &&
			    !fdt_reg(&walk, 0, &region) && region.size >= 0x200)
				++*virtio;
		}
	free(blob);
	return nodes;
}

TEST(emulator_trees)
{
	const char *dir = getenv("UNIT_DIR");
	char path[512];
	unsigned virtio;

	snprintf(path, sizeof(path), "%s/virt-aarch64.dtb", dir ? dir : "");
	if (!count_nodes(path, &virtio))
		SKIP("no tree: the emulator is not installed");
	CHECK(count_nodes(path, &virtio) > 50 && virtio == 32);
	snprintf(path, sizeof(path), "%s/virt-riscv64.dtb", dir ? dir : "");
	if (!count_nodes(path, &virtio))
		SKIP("no tree: the emulator is not installed");
	CHECK(count_nodes(path, &virtio) > 25 && virtio == 8);
}
