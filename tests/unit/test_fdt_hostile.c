/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/fdt.c lib/fdt_value.c lib/str.c
/*
 * Broken trees. The sanitizer watches the edges: every blob lies in a heap block of exactly its
 * size.
 */
#include <errno.h>

#include <base/fdt.h>

#include "tree.h"

/* Use all there is to use of a tree; the walk's result. */
static int exercise(const void *blob, size_t limit, unsigned *nodes)
{
	struct fdt_walk walk;
	struct fdt_region region;
	struct fdt_range range;
	struct fdt_value value;
	int more = fdt_walk_begin(&walk, blob, limit);

	*nodes = 0;
	if (more)
		return more;
	for (unsigned i = 0; i < 64 && !fdt_reservation(blob, i, &region); i++)
		;
	while ((more = fdt_walk_next(&walk)) > 0) {
		++*nodes;
		for (unsigned i = 0; i < 3; i++) {
			fdt_reg(&walk, i, &region);
			fdt_range(&walk, i, &range);
		}
		for (unsigned key = 0; key < FDT_KEY_COUNT; key++) {
			fdt_number(&walk.node.value[key]);
			fdt_has_string(&walk.node.value[key], "no such text");
		}
		fdt_property(&walk, "bootargs", &value);
		if (strlen(walk.node.name) > limit)
			return -EIO;
	}
	return more;
}

static int exercise_copy(const uint8_t *blob, size_t size, unsigned *nodes)
{
	uint8_t *copy = malloc(size ? size : 1);
	int result;

	memcpy(copy, blob, size);
	result = exercise(copy, size, nodes);
	free(copy);
	return result;
}

/* Cut at every length: the header says more than there is, or says just what there is. */
static void cut_everywhere(const uint8_t *blob, size_t size)
{
	uint8_t *copy = malloc(size);
	unsigned nodes;

	memcpy(copy, blob, size);
	for (size_t len = 0; len < size; len += len < 256 ? 1 : 3) {
		int result = exercise_copy(blob, len, &nodes);

		if (result == 0)
			free(copy);
		CHECK(result == -E2BIG);
		if (len >= 8)
			be32_store(copy + 4, (uint32_t)len);
		result = exercise_copy(copy, len, &nodes);
		if (result == 0)
			free(copy);
		CHECK(result < 0);
	}
	free(copy);
}

static void mutate(uint8_t *blob, size_t size, uint64_t *seed)
{
	static const uint32_t odd[] = {0, 1,	      2,	  3,	      4,	  5,
				       9, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, 0x10000};
	uint64_t count = 1 + unit_random(seed) % 6;

	while (count--) {
		uint64_t r = unit_random(seed), at = unit_random(seed) % size;

		/* Half of the time the beginning, where the header and the first nodes are. */
		if (r & 1)
			at %= 256;
		if (at >= size)
			at = 0;
		if (r & 2)
			blob[at] ^= (uint8_t)(1 << (r >> 8 & 7));
		else if (r & 4)
			blob[at] = (uint8_t)(r >> 8);
		else if (size >= 4)
			be32_store(blob + (at & ~UINT64_C(3)) % (size & ~UINT64_C(3)),
				   odd[(r >> 8) % (sizeof(odd) / sizeof(odd[0]))]);
	}
}

static void mutate_often(const uint8_t *blob, size_t size, unsigned rounds)
{
	uint64_t seed = size;
	unsigned nodes, good = 0, bad = 0;

	for (unsigned i = 0; i < rounds; i++) {
		uint8_t *copy = malloc(size);
		int result;

		memcpy(copy, blob, size);
		mutate(copy, size, &seed);
		result = exercise(copy, size, &nodes);
		free(copy);
		CHECK(result == 0 || result == -EINVAL || result == -E2BIG);
		*(result ? &bad : &good) += 1;
	}
	CHECK(good && bad); /* or the mutations are of no use */
}

TEST(small_tree_cut)
{
	size_t size;
	uint8_t *blob = tree_board(&size);

	cut_everywhere(blob, size);
	free(blob);
}

TEST(small_tree_mutated)
{
	size_t size;
	uint8_t *blob = tree_board(&size);

	mutate_often(blob, size, 40000);
	free(blob);
}

static uint8_t *emulator_tree(const char *name, size_t *size)
{
	const char *dir = getenv("UNIT_DIR");
	char path[512];
	uint8_t *blob;

	snprintf(path, sizeof(path), "%s/%s.dtb", dir ? dir : "", name);
	blob = unit_read_file(path, size);
	if (blob && *size > 40) {
		/* The strings come last; what follows them is empty room. */
		*size = be32_load(blob + 12) + be32_load(blob + 32);
		be32_store(blob + 4, (uint32_t)*size);
	}
	return blob;
}

static void emulator_tree_broken(const char *name)
{
	size_t size;
	unsigned nodes;
	uint8_t *blob = emulator_tree(name, &size);

	if (!blob)
		SKIP("no tree: the emulator is not installed");
	CHECK(exercise_copy(blob, size, &nodes) == 0 && nodes > 20);
	CHECK_IN(cut_everywhere(blob, size));
	mutate_often(blob, size, 10000);
	free(blob);
}

TEST(aarch64_tree_broken)
{
	emulator_tree_broken("virt-aarch64");
}

TEST(riscv64_tree_broken)
{
	emulator_tree_broken("virt-riscv64");
}

TEST(header)
{
	static const struct {
		unsigned at;
		uint32_t value;
		int error;
	} cases[] = {
		{0, 0xd00dfeee, -EINVAL},
		{4, 0xffffffff, -E2BIG},
		{4, 39, -EINVAL},
		{4, 0, -EINVAL},
		{8, 0, -EINVAL},
		{8, 0xfffffffc, -EINVAL},
		{8, 42, -EINVAL},
		{12, 0xffffffff, -EINVAL},
		{12, 4, -EINVAL},
		{16, 0xffffffff, -EINVAL},
		{20, 16, -EINVAL},
		{24, 18, -EINVAL},
		{32, 0xffffffff, -EINVAL},
		{36, 0xffffffff, -EINVAL},
		{36, 0, 0},
		{20, 99, 0},
	};
	size_t size;
	uint8_t *blob = tree_board(&size);

	CHECK(fdt_check(blob, size) == 0 && fdt_check(blob, SIZE_MAX) == 0);
	CHECK(fdt_size(blob) == size);
	CHECK(fdt_check(blob, size - 1) == -E2BIG && fdt_check(blob, 39) == -E2BIG);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *copy = malloc(size);
		int result;

		memcpy(copy, blob, size);
		be32_store(copy + cases[i].at, cases[i].value);
		result = fdt_check(copy, size);
		free(copy);
		CHECK(result == cases[i].error);
	}
	memmove(blob + 1, blob, size - 1);
	CHECK(fdt_check(blob + 1, size - 1) == -EINVAL);
	free(blob);
}

/* Nesting without end must be an error, not an overflow. */
TEST(depth)
{
	for (unsigned depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
		struct tree tree;
		size_t size;
		uint8_t *blob;
		unsigned nodes;
		int result;

		tree_begin(&tree);
		for (unsigned i = 0; i < depth; i++)
			tree_node(&tree, i ? "n" : "");
		for (unsigned i = 0; i < depth; i++)
			tree_end(&tree);
		blob = tree_finish(&tree, &size);
		result = exercise(blob, size, &nodes);
		free(blob);
		CHECK(nodes == FDT_DEPTH_MAX && result == (depth == FDT_DEPTH_MAX ? 0 : -E2BIG));
	}
}

static int finish_and_exercise(struct tree *tree)
{
	size_t size;
	unsigned nodes;
	uint8_t *blob = tree_finish(tree, &size);
	int result = exercise(blob, size, &nodes);

	free(blob);
	return result;
}

TEST(structure)
{
	struct tree tree;

	tree_begin(&tree);
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* no root */
	tree_begin(&tree);
	tree_node(&tree, "");
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* not closed */
	tree_begin(&tree);
	tree_node(&tree, "");
	tree_end(&tree);
	tree_end(&tree);
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* closed twice */
	tree_begin(&tree);
	for (int i = 0; i < 2; i++) {
		tree_node(&tree, "");
		tree_end(&tree);
	}
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* two roots */
	tree_begin(&tree);
	tree_node(&tree, "");
	tree_node(&tree, "child");
	tree_end(&tree);
	tree_cells(&tree, "late", 1);
	tree_end(&tree);
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* a property behind a node */
	tree_begin(&tree);
	tree_node(&tree, "");
	tree_cells(&tree, "#address-cells", 5);
	tree_end(&tree);
	CHECK(finish_and_exercise(&tree) == -EINVAL); /* cells out of range */
	tree_begin(&tree);
	tree_word(&tree, 4);
	tree_node(&tree, "");
	tree_word(&tree, 4);
	tree_cells(&tree, "reg", 1);
	tree_word(&tree, 4);
	tree_end(&tree);
	tree_word(&tree, 4);
	CHECK(finish_and_exercise(&tree) == 0); /* NOPs are nothing */
}
