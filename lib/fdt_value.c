/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of device tree properties: numbers, strings, and addresses with their translation.
 */
#include <errno.h>

#include <base/endian.h>
#include <base/fdt.h>
#include <base/str.h>

uint32_t fdt_cell(const struct fdt_value *value, unsigned index)
{
	return index < value->len / 4 ? be32_load(value->data + 4 * (size_t)index) : 0;
}

uint64_t fdt_number(const struct fdt_value *value)
{
	return value->len == 8 ? be64_load(value->data) : fdt_cell(value, 0);
}

const char *fdt_next_string(const struct fdt_value *value, const char *previous)
{
	const char *text = (const char *)value->data, *end = text + value->len;

	/* With a NUL at the end, every string of the list has one. */
	if (!value->len || end[-1])
		return NULL;
	if (previous)
		text = previous + str_length(previous) + 1;
	return text < end ? text : NULL;
}

bool fdt_has_string(const struct fdt_value *value, const char *text)
{
	const char *at = fdt_string(value), *end = (const char *)value->data + value->len;

	while (at && at < end) {
		for (const char *t = text; *at == *t; at++, t++)
			if (!*t)
				return true;
		while (*at++)
			;
	}
	return false;
}

/* A number of at most two cells; of more cells the last two. */
static uint64_t number_at(const uint8_t *from, unsigned cells)
{
	uint64_t number = 0;

	for (; cells; cells--, from += 4)
		number = number << 32 | be32_load(from);
	return number;
}

/* Is there an entry `index` of so many cells? */
static int check_entry(const struct fdt_value *value, unsigned index, unsigned cells)
{
	if (!cells)
		return -EINVAL;
	return value->data && ((uint64_t)index + 1) * cells * 4 <= value->len ? 0 : -ENOENT;
}

int fdt_reg_raw(const struct fdt_walk *walk, unsigned index, struct fdt_region *region)
{
	const struct fdt_value *reg = &walk->node.value[FDT_REG];
	const struct fdt_level *bus;
	const uint8_t *entry;
	unsigned cells;
	int error;

	if (!walk->node.depth || !reg->data)
		return -ENOENT;
	bus = &walk->level[walk->node.depth - 1];
	cells = bus->address_cells + bus->size_cells;
	error = check_entry(reg, index, cells);
	if (error)
		return error;
	if (bus->address_cells > 2 || bus->size_cells > 2)
		return -ENXIO;
	entry = reg->data + 4 * (size_t)index * cells;
	region->address = number_at(entry, bus->address_cells);
	region->size = number_at(entry + 4 * bus->address_cells, bus->size_cells);
	return region->size && region->address + (region->size - 1) < region->address ? -EINVAL : 0;
}

/* Entry `index` of the `ranges` of the bus at `depth` (not the root), in its parent's addresses. */
static int read_range(const struct fdt_walk *walk, unsigned depth, unsigned index,
		      struct fdt_range *range)
{
	const struct fdt_level *bus = &walk->level[depth], *parent = bus - 1;
	unsigned cells = bus->address_cells + parent->address_cells + bus->size_cells;
	const uint8_t *entry;
	int error = check_entry(&bus->ranges, index, cells);

	if (error)
		return error;
	if (bus->address_cells > 3 || parent->address_cells > 2 || bus->size_cells > 2)
		return -ENXIO;
	entry = bus->ranges.data + 4 * (size_t)index * cells;
	range->space = bus->address_cells == 3 ? be32_load(entry) : 0;
	range->child = number_at(entry, bus->address_cells);
	entry += 4 * bus->address_cells;
	range->parent = number_at(entry, parent->address_cells);
	range->size = number_at(entry + 4 * parent->address_cells, bus->size_cells);
	return 0;
}

/* Take `address` from the addresses below the bus at `depth` to the root's. */
static int translate(const struct fdt_walk *walk, unsigned depth, uint64_t size, uint64_t *address)
{
	for (; depth; depth--) {
		const struct fdt_value *ranges = &walk->level[depth].ranges;
		struct fdt_range range;

		if (!ranges->data)
			return -ENXIO;
		if (!ranges->len)
			continue; /* the same addresses on both sides */
		for (unsigned i = 0;; i++) {
			if (read_range(walk, depth, i, &range))
				return -ENXIO;
			if (*address >= range.child && *address - range.child < range.size &&
			    size <= range.size - (*address - range.child))
				break;
		}
		*address += range.parent - range.child;
	}
	return 0;
}

int fdt_reg(const struct fdt_walk *walk, unsigned index, struct fdt_region *region)
{
	int error = fdt_reg_raw(walk, index, region);

	return error ? error
		     : translate(walk, walk->node.depth - 1, region->size, &region->address);
}

int fdt_range(const struct fdt_walk *walk, unsigned index, struct fdt_range *range)
{
	unsigned depth = walk->node.depth;
	int error = depth ? read_range(walk, depth, index, range) : -ENOENT;

	return error ? error : translate(walk, depth - 1, range->size, &range->parent);
}
