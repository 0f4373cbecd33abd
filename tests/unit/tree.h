/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes small device trees for tests: tree_begin(), then nodes and properties in the order of the
 * structure block, then tree_finish(), which gives a blob in a heap block of exactly its size.
 */
#ifndef UNIT_TREE_H
#define UNIT_TREE_H

#include <base/endian.h>

#include "unit.h"

struct tree {
	uint8_t structure[4096], reserved[256];
	char strings[1024];
	size_t structure_len, reserved_len, strings_len;
};

static inline void tree_word(struct tree *tree, uint32_t word)
{
	be32_store(tree->structure + tree->structure_len, word);
	tree->structure_len += 4;
}

static inline void tree_bytes(struct tree *tree, const void *data, size_t len)
{
	memcpy(tree->structure + tree->structure_len, data, len);
	tree->structure_len += (len + 3) & ~(size_t)3;
}

static inline void tree_begin(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
}

static inline void tree_node(struct tree *tree, const char *name)
{
	tree_word(tree, 1);
	tree_bytes(tree, name, strlen(name) + 1);
}

static inline void tree_end(struct tree *tree)
{
	tree_word(tree, 2);
}

static inline void tree_data(struct tree *tree, const char *name, const void *data, size_t len)
{
	size_t at = 0;

	while (at < tree->strings_len && strcmp(tree->strings + at, name))
		at += strlen(tree->strings + at) + 1;
	if (at == tree->strings_len) {
		strcpy(tree->strings + at, name);
		tree->strings_len += strlen(name) + 1;
	}
	tree_word(tree, 3);
	tree_word(tree, (uint32_t)len);
	tree_word(tree, (uint32_t)at);
	if (len)
		tree_bytes(tree, data, len);
}

/* A string; with "\0" inside the literal, a list. */
#define tree_text(tree, name, literal) tree_data(tree, name, literal, sizeof(literal))

#define tree_cells(tree, name, ...)                                                                \
	do {                                                                                       \
		uint32_t cells_[] = {__VA_ARGS__};                                                 \
		for (size_t i_ = 0; i_ < sizeof(cells_) / 4; i_++)                                 \
			be32_store(&cells_[i_], cells_[i_]);                                       \
		tree_data(tree, name, cells_, sizeof(cells_));                                     \
	} while (0)

static inline void tree_reserve(struct tree *tree, uint64_t address, uint64_t size)
{
	be32_store(tree->reserved + tree->reserved_len, (uint32_t)(address >> 32));
	be32_store(tree->reserved + tree->reserved_len + 4, (uint32_t)address);
	be32_store(tree->reserved + tree->reserved_len + 8, (uint32_t)(size >> 32));
	be32_store(tree->reserved + tree->reserved_len + 12, (uint32_t)size);
	tree->reserved_len += 16;
}

static inline uint8_t *tree_finish(struct tree *tree, size_t *size)
{
	size_t reserved_len = tree->reserved_len + 16, at = 40 + reserved_len;
	uint8_t *blob;

	tree_word(tree, 9);
	*size = at + tree->structure_len + tree->strings_len;
	blob = calloc(1, *size);
	be32_store(blob, 0xd00dfeed);
	be32_store(blob + 4, (uint32_t)*size);
	be32_store(blob + 8, (uint32_t)at);
	be32_store(blob + 12, (uint32_t)(at + tree->structure_len));
	be32_store(blob + 16, 40);
	be32_store(blob + 20, 17);
	be32_store(blob + 24, 16);
	be32_store(blob + 32, (uint32_t)tree->strings_len);
	be32_store(blob + 36, (uint32_t)tree->structure_len);
	memcpy(blob + 40, tree->reserved, tree->reserved_len);
	memcpy(blob + at, tree->structure, tree->structure_len);
	memcpy(blob + at + tree->structure_len, tree->strings, tree->strings_len);
	return blob;
}

/* A small board: everything the reader knows of occurs in it. */
static inline uint8_t *tree_board(size_t *size)
{
	struct tree tree;

	tree_begin(&tree);
	tree_reserve(&tree, 0x80000000, 0x1000);
	tree_reserve(&tree, UINT64_C(0x123456789a), 0x20);
	tree_node(&tree, "");
	tree_cells(&tree, "#address-cells", 2);
	tree_cells(&tree, "#size-cells", 2);
	tree_cells(&tree, "interrupt-parent", 1);
	tree_text(&tree, "compatible", "maker,board\0maker,family");
	tree_node(&tree, "chosen");
	tree_text(&tree, "bootargs", "quiet -- a");
	tree_end(&tree);
	tree_node(&tree, "memory@80000000");
	tree_text(&tree, "device_type", "memory");
	tree_cells(&tree, "reg", 0, 0x80000000, 0, 0x1000000, 2, 0, 1, 0);
	tree_end(&tree);
	tree_node(&tree, "cpus");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 0);
	tree_node(&tree, "cpu@3");
	tree_cells(&tree, "reg", 3);
	tree_node(&tree, "interrupt-controller");
	tree_cells(&tree, "#interrupt-cells", 1);
	tree_data(&tree, "interrupt-controller", NULL, 0);
	tree_cells(&tree, "phandle", 2);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	tree_node(&tree, "soc");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 1);
	tree_cells(&tree, "ranges", 0x0, 0x1, 0x0, 0x10000000, 0x40000000, 0x0, 0x40000000, 0x1000);
	tree_cells(&tree, "interrupt-parent", 7);
	tree_node(&tree, "bus@1000");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 1);
	tree_data(&tree, "ranges", NULL, 0);
	tree_node(&tree, "uart@2000");
	tree_text(&tree, "compatible", "maker,uart\0ns16550a");
	tree_cells(&tree, "reg", 0x2000, 0x100, 0x40000800, 0x800, 0x40000800, 0x801, 0x50000000,
		   1);
	tree_cells(&tree, "interrupts", 4, 5);
	tree_text(&tree, "status", "okay");
	tree_end(&tree);
	tree_node(&tree, "old@3000");
	tree_text(&tree, "status", "disabled");
	tree_node(&tree, "child");
	tree_cells(&tree, "interrupts-extended", 2, 9);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	tree_node(&tree, "i2c");
	tree_cells(&tree, "#address-cells", 1);
	tree_cells(&tree, "#size-cells", 0);
	tree_node(&tree, "clock@68");
	tree_cells(&tree, "reg", 0x68);
	tree_end(&tree);
	tree_end(&tree);
	tree_node(&tree, "pcie@10000000");
	tree_cells(&tree, "#address-cells", 3);
	tree_cells(&tree, "#size-cells", 2);
	tree_cells(&tree, "ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x3000000, 0x80, 0,
		   0x80, 0, 0x80, 0);
	tree_node(&tree, "nic@0");
	tree_cells(&tree, "reg", 0x100, 0, 0, 0, 0);
	tree_end(&tree);
	tree_end(&tree);
	tree_end(&tree);
	return tree_finish(&tree, size);
}

#endif
