/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * [DTSpec 0.4, 5.2] The header: ten big-endian words. [5.4] The structure block: tokens at
 * multiples of 4.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>
#include <base/fdt.h>
#include <base/str.h>

#define MAGIC	   0xd00dfeed
#define HEADER_LEN 40
#define VERSION	   17

enum {
	HEADER_MAGIC = 0,
	HEADER_SIZE = 4,
	HEADER_STRUCT = 8,
	HEADER_STRINGS = 12,
	HEADER_RESERVATIONS = 16,
	HEADER_VERSION = 20,
	HEADER_COMPATIBLE_VERSION = 24,
	HEADER_STRINGS_LEN = 32,
	HEADER_STRUCT_LEN = 36
};

enum { TOKEN_BEGIN = 1, TOKEN_END_NODE, TOKEN_PROPERTY, TOKEN_NOP, TOKEN_END = 9 };

#define PROPERTY_LEN 12 /* token, length of the value, offset of the name */

static const char key_names[FDT_KEY_COUNT][21] = {
	[FDT_COMPATIBLE] = "compatible",
	[FDT_INTERRUPT_CELLS] = "#interrupt-cells",
	[FDT_ADDRESS_CELLS] = "#address-cells",
	[FDT_SIZE_CELLS] = "#size-cells",
	[FDT_REG] = "reg",
	[FDT_RANGES] = "ranges",
	[FDT_INTERRUPTS] = "interrupts",
	[FDT_INTERRUPT_PARENT] = "interrupt-parent",
	[FDT_INTERRUPT_CONTROLLER] = "interrupt-controller",
	[FDT_INTERRUPTS_EXTENDED] = "interrupts-extended",
	[FDT_STATUS] = "status",
	[FDT_DEVICE_TYPE] = "device_type",
	[FDT_PHANDLE] = "phandle",
};

/*
 * The first key for a first letter modulo 32: `#` is like `c`, and any other letter like `c` will
 * do.
 */
static const uint8_t key_first[32] = {
	['c' % 32] = FDT_COMPATIBLE, ['r' % 32] = FDT_REG,	   ['i' % 32] = FDT_INTERRUPTS,
	['s' % 32] = FDT_STATUS,     ['d' % 32] = FDT_DEVICE_TYPE, ['p' % 32] = FDT_PHANDLE,
};

static uint32_t header(const void *blob, unsigned field)
{
	return be32_load((const uint8_t *)blob + field);
}

uint32_t fdt_size(const void *blob)
{
	return header(blob, HEADER_SIZE);
}

static bool block_fits(const void *blob, uint32_t at, uint32_t len)
{
	uint32_t size = fdt_size(blob);

	return at >= HEADER_LEN && at <= size && len <= size - at;
}

int fdt_check(const void *blob, size_t limit)
{
	if (limit < HEADER_LEN)
		return -E2BIG;
	if (!is_aligned((uintptr_t)blob, 4) || header(blob, HEADER_MAGIC) != MAGIC ||
	    header(blob, HEADER_VERSION) < VERSION ||
	    header(blob, HEADER_COMPATIBLE_VERSION) > VERSION)
		return -EINVAL;
	if (fdt_size(blob) > limit)
		return -E2BIG;
	if (!is_aligned(header(blob, HEADER_STRUCT), 4) ||
	    !block_fits(blob, header(blob, HEADER_STRUCT), header(blob, HEADER_STRUCT_LEN)) ||
	    !block_fits(blob, header(blob, HEADER_STRINGS), header(blob, HEADER_STRINGS_LEN)) ||
	    !block_fits(blob, header(blob, HEADER_RESERVATIONS), 0))
		return -EINVAL;
	return 0;
}

int fdt_reservation(const void *blob, unsigned index, struct fdt_region *region)
{
	uint32_t at = header(blob, HEADER_RESERVATIONS);
	const uint8_t *entry = (const uint8_t *)blob + at;

	if (index >= (fdt_size(blob) - at) / 16)
		return -ENOENT;
	region->address = be64_load(entry + index * UINT64_C(16));
	region->size = be64_load(entry + index * UINT64_C(16) + 8);
	return region->address | region->size ? 0 : -ENOENT;
}

int fdt_walk_begin(struct fdt_walk *walk, const void *blob, size_t limit)
{
	int error = fdt_check(blob, limit);

	if (error)
		return error;
	memset(walk->seen, 0xff, sizeof(walk->seen)); /* no offset is so high */
	walk->node.name = NULL;
	walk->open = 0;
	walk->next = (const uint8_t *)blob + header(blob, HEADER_STRUCT);
	walk->end = walk->next + (header(blob, HEADER_STRUCT_LEN) & ~UINT32_C(3));
	walk->strings = (const char *)blob + header(blob, HEADER_STRINGS);
	walk->strings_len = header(blob, HEADER_STRINGS_LEN);

	/* With a NUL at the end, every offset into the block is a string. */
	if (walk->strings_len && walk->strings[walk->strings_len - 1])
		return -EINVAL;
	return 0;
}

/*
 * Which of the keys a property name is: mostly the first one of its letter, found by the name's
 * offset. A name is compared once.
 */
static unsigned key_of(struct fdt_walk *walk, uint32_t offset)
{
	const uint8_t *name = (const uint8_t *)walk->strings + offset;
	unsigned key = key_first[name[0] % 32];

	while (walk->seen[key] != offset) {
		const char *known = key_names[key];

		if (known[0] == name[0] && known[1] == name[1] &&
		    str_equal(known, (const char *)name)) {
			walk->seen[key] = offset;
			break;
		}
		key++;
		if (key == FDT_KEY_COUNT || key_names[key][0] % 32 != name[0] % 32)
			return FDT_KEY_COUNT;
	}
	return key;
}

static int read_properties(struct fdt_walk *walk)
{
	const uint8_t *at = walk->next, *const end = walk->end;

	/*
	 * Positions are multiples of 4, the end included: rounding a length that fits up fits too.
	 */
	while (at < end) {
		uint32_t token = be32_load(at), len, name;
		size_t left = (size_t)(end - at);
		unsigned key;

		if (token != TOKEN_PROPERTY) {
			if (token != TOKEN_NOP)
				break;
			at += 4;
			continue;
		}
		if (left < PROPERTY_LEN)
			return -EINVAL;
		len = be32_load(at + 4);
		name = be32_load(at + 8);
		at += PROPERTY_LEN;
		if (len > left - PROPERTY_LEN || name >= walk->strings_len)
			return -EINVAL;
		key = key_of(walk, name);
		if (key < FDT_KEY_COUNT)
			walk->node.value[key] = (struct fdt_value){at, len};
		at += align_up(len, 4);
	}
	walk->next = at;
	return 0;
}

/* What holds for the node by its own properties and its ancestors'. */
static int set_level(struct fdt_walk *walk)
{
	static const struct fdt_level above_root = {.enabled = true};
	struct fdt_node *node = &walk->node;
	struct fdt_level *level = &walk->level[node->depth];
	const struct fdt_level *parent = node->depth ? level - 1 : &above_root;
	const struct fdt_value *address = &node->value[FDT_ADDRESS_CELLS];
	const struct fdt_value *size = &node->value[FDT_SIZE_CELLS];
	const struct fdt_value *status = &node->value[FDT_STATUS];
	uint32_t address_cells = address->data ? fdt_cell(address, 0) : 2;
	uint32_t size_cells = size->data ? fdt_cell(size, 0) : 1;

	if (address_cells > 4 || size_cells > 4)
		return -EINVAL;
	level->address_cells = (uint8_t)address_cells;
	level->size_cells = (uint8_t)size_cells;
	level->ranges = node->value[FDT_RANGES];
	level->interrupt_parent = parent->interrupt_parent;
	if (node->value[FDT_INTERRUPT_PARENT].data)
		level->interrupt_parent = fdt_cell(&node->value[FDT_INTERRUPT_PARENT], 0);
	level->enabled = parent->enabled && (!status->data || fdt_has_string(status, "okay") ||
					     fdt_has_string(status, "ok"));
	node->interrupt_parent = level->interrupt_parent;
	node->enabled = level->enabled;
	return 0;
}

static int open_node(struct fdt_walk *walk)
{
	const uint8_t *name = walk->next;
	int error;

	if (walk->open == FDT_DEPTH_MAX)
		return -E2BIG;
	if (!walk->open && walk->node.name)
		return -EINVAL; /* a second root */
	for (const uint8_t *at = name;; at += 4) {
		uint32_t word; /* four characters; the last word has a NUL */

		if (at == walk->end)
			return -EINVAL;
		word = *(const uint32_t *)at;
		if ((word - 0x01010101) & ~word & 0x80808080) {
			walk->next = at + 4;
			break;
		}
	}
	memset(&walk->node, 0, sizeof(walk->node));
	walk->node.name = (const char *)name;
	walk->node.depth = walk->open++;
	walk->node.properties = walk->next;
	error = read_properties(walk);
	return error ? error : set_level(walk);
}

int fdt_walk_next(struct fdt_walk *walk)
{
	int error;

	while (walk->next < walk->end) {
		uint32_t token = be32_load(walk->next);

		if (token == TOKEN_END)
			return walk->open || !walk->node.name ? -EINVAL : 0;
		walk->next += 4;
		switch (token) {
		case TOKEN_BEGIN:
			error = open_node(walk);
			return error ? error : 1;
		case TOKEN_END_NODE:
			if (!walk->open)
				return -EINVAL;
			walk->open--;
			break;
		case TOKEN_NOP:
			break;
		default:
			return -EINVAL;
		}
	}
	return -EINVAL;
}

struct fdt_value fdt_find_property(const uint8_t *properties, const uint8_t *end,
				   const char *strings, const char *name)
{
	/* The walk has been over these properties, so they are whole. */
	for (const uint8_t *at = properties; at < end; at += 4) {
		uint32_t len;

		if (be32_load(at) == TOKEN_NOP)
			continue;
		len = be32_load(at + 4);
		if (str_equal(strings + be32_load(at + 8), name))
			return (struct fdt_value){at + PROPERTY_LEN, len};
		at += PROPERTY_LEN + align_up(len, 4) - 4;
	}
	return (struct fdt_value){NULL, 0};
}

bool fdt_property(const struct fdt_walk *walk, const char *name, struct fdt_value *value)
{
	*value = fdt_find_property(walk->node.properties, walk->next, walk->strings, name);
	return value->data;
}
