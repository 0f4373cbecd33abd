/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of flattened device trees [DTSpec 0.4, chapter 5]. One forward walk gives every node once,
 * parents first, with the properties drivers are found by already looked up:
 *
 *	struct fdt_walk walk;
 *	int more = fdt_walk_begin(&walk, blob, limit);
 *
 *	while (more >= 0 && (more = fdt_walk_next(&walk)) > 0)
 *		if (walk.node.enabled &&
 *		    fdt_has_string(&walk.node.value[FDT_COMPATIBLE], "arm,pl011"))
 *			fdt_reg(&walk, 0, &region);
 *
 * Everything in the tree may be hostile: no byte outside the blob is read, and what is wrong is
 * -EINVAL. Nothing is copied or allocated; names and values point into the blob, which must not
 * change meanwhile. Any context, early boot included, once the blob can be read; a walk takes about
 * 700 bytes of stack.
 */
#ifndef BASE_FDT_H
#define BASE_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_DEPTH_MAX 12 /* levels of nodes, the root included; deeper: -E2BIG */

/* A property's value; data is NULL where the node has no such property (not where it is empty). */
struct fdt_value {
	const uint8_t *data; /* multiple of 4 from the blob's start */
	uint32_t len;
};

/* Names whose first letters are equal modulo 32 stand together; the search relies on it. */
enum fdt_key {
	FDT_COMPATIBLE,
	FDT_INTERRUPT_CELLS,
	FDT_ADDRESS_CELLS,
	FDT_SIZE_CELLS,
	FDT_REG,
	FDT_RANGES,
	FDT_INTERRUPTS,
	FDT_INTERRUPT_PARENT,
	FDT_INTERRUPT_CONTROLLER,
	FDT_INTERRUPTS_EXTENDED,
	FDT_STATUS,
	FDT_DEVICE_TYPE,
	FDT_PHANDLE,
	FDT_KEY_COUNT
};

struct fdt_node {
	const char *name;	   /* with the unit address: "uart@9000000"; "" is the root */
	unsigned depth;		   /* 0 is the root */
	uint32_t interrupt_parent; /* phandle, its own or the nearest ancestor's; 0: none */
	bool enabled;		   /* neither its `status` nor an ancestor's says no */
	struct fdt_value value[FDT_KEY_COUNT];
	const uint8_t *properties; /* the first one, in the blob */
};

/* What the children of an open node need to know of it. */
struct fdt_level {
	struct fdt_value ranges;
	uint32_t interrupt_parent;
	uint8_t address_cells, size_cells; /* 0 to 4 */
	bool enabled;
};

struct fdt_walk {
	struct fdt_node node;	   /* the present one; the rest is the walk's own */
	unsigned open;		   /* how many nodes are open, the present one included */
	const uint8_t *next, *end; /* of the structure block */
	const char *strings;
	uint32_t strings_len;
	struct fdt_level level[FDT_DEPTH_MAX]; /* by depth */
	uint32_t seen[FDT_KEY_COUNT];	       /* where in `strings` a key's name was found */
};

struct fdt_region {
	uint64_t address, size;
};

/* One entry of a bus's `ranges`. */
struct fdt_range {
	uint32_t space; /* first cell of a three-cell child address (PCI), else 0 */
	uint64_t child;
	uint64_t parent; /* translated to the CPU's addresses */
	uint64_t size;
};

/*
 * Is this a tree of a version we read, whole within `limit` bytes? Looks at the header only.
 * -EINVAL: no, or its blocks do not lie inside it, or blob is not a multiple of 4; -E2BIG: past
 * `limit`.
 */
int fdt_check(const void *blob, size_t limit);

/* Length of a checked blob. */
uint32_t fdt_size(const void *blob);

/* Entry `index` of a checked blob's memory reservation block: 0, or -ENOENT behind the last one. */
int fdt_reservation(const void *blob, unsigned index, struct fdt_region *region);

/* fdt_check, and the walk stands before the root. */
int fdt_walk_begin(struct fdt_walk *walk, const void *blob, size_t limit);

/* The next node: 1, or 0 at the end of the tree. -EINVAL or -E2BIG; after an error do not go on. */
int fdt_walk_next(struct fdt_walk *walk);

/* Any property of the present node: true and its value. */
bool fdt_property(const struct fdt_walk *walk, const char *name, struct fdt_value *value);

/*
 * The same when the walk has gone on: of a node's properties, noted as walk->node.properties,
 * walk->next and walk->strings were when it was the present one.
 */
struct fdt_value fdt_find_property(const uint8_t *properties, const uint8_t *end,
				   const char *strings, const char *name);

/*
 * Entry `index` of the present node's `reg`: 0, -ENOENT (no such entry), -EINVAL (malformed),
 * -ENXIO (a bus above it has no `ranges`, none that fits, or an address of more than two cells).
 * fdt_reg_raw does not translate (CPU numbers, chip selects).
 */
int fdt_reg(const struct fdt_walk *walk, unsigned index, struct fdt_region *region);
int fdt_reg_raw(const struct fdt_walk *walk, unsigned index, struct fdt_region *region);

/* Entry `index` of the present node's `ranges`; errors as fdt_reg. */
int fdt_range(const struct fdt_walk *walk, unsigned index, struct fdt_range *range);

/*
 * A value of at most two cells as a number (0 where it is absent); of a longer one its first cell.
 */
uint64_t fdt_number(const struct fdt_value *value);

/* Cell `index` of a value: 0 behind the end. */
uint32_t fdt_cell(const struct fdt_value *value, unsigned index);

/*
 * The strings of a list in turn: pass NULL, then what the last call returned; NULL behind the last
 * one. A list that does not end with a NUL is empty. fdt_string is the first one, or NULL. To match
 * a list against many texts, take the strings in the outer loop: finding the next one costs more
 * than comparing.
 */
const char *fdt_next_string(const struct fdt_value *value, const char *previous);
bool fdt_has_string(const struct fdt_value *value, const char *text);

static inline const char *fdt_string(const struct fdt_value *value)
{
	return fdt_next_string(value, NULL);
}

#endif
