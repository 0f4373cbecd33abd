/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/pagetable.c mem/frame.c kernel/spinlock.c lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "fresh.h"
#include "host.h"

#define RW  (PAGE_READ | PAGE_WRITE)
#define MIB 0x100000UL
#define GIB 0x40000000UL
#define VA  0x7000000000UL

static uint64_t pool = 0x2000, pool_end = 0x2000;

uint64_t boot_pool_take(void)
{
	return pool < pool_end ? (pool += PAGE_SIZE) - PAGE_SIZE : 0;
}

static size_t start_frames;

static void setup(size_t frames)
{
	host_memory_reset(0x1000, 0x40000000);
	host_add_frames(0x40000000, frames * PAGE_SIZE);
	start_frames = frame_free_count();
}

static bool maps_to(uintptr_t va, uint64_t pa, unsigned attrs)
{
	uint64_t found_pa;
	unsigned found;

	return pagetable_query(va, &found_pa, &found) && found_pa == pa && found == attrs;
}

FRESH_TEST(nothing_is_mapped_at_first)
{
	setup(64);
	CHECK(!pagetable_query(0, NULL, NULL) && !pagetable_query(VA, NULL, NULL));
	pagetable_unmap(VA, GIB, NULL, NULL);
	pagetable_protect(VA, GIB, RW, NULL);
	CHECK(!pagetable_frames() && frame_free_count() == start_frames);
}

FRESH_TEST(pages_have_what_they_were_given)
{
	static const unsigned all[] = {PAGE_READ,
				       RW,
				       PAGE_READ | PAGE_EXEC,
				       RW | PAGE_DEVICE,
				       RW | PAGE_APP,
				       PAGE_READ | PAGE_EXEC | PAGE_APP,
				       PAGE_NONE};

	setup(64);
	for (unsigned i = 0; i < 7; i++) {
		uintptr_t va = VA + i * PAGE_SIZE;

		CHECK(!pagetable_map(va, 0x80000000 + i * PAGE_SIZE, PAGE_SIZE, all[i], false));
		CHECK(maps_to(va + 0x123, 0x80000123 + i * PAGE_SIZE, all[i]));
	}
	CHECK(!pagetable_query(VA - 1, NULL, NULL));
	CHECK(!pagetable_query(VA + 7 * PAGE_SIZE, NULL, NULL));
	CHECK(pagetable_frames() == 3);
	CHECK(frame_free_count() == start_frames - 3);
}

/* A page without any right still knows its frame. */
FRESH_TEST(rights_may_go_and_come_back)
{
	setup(64);
	CHECK(!pagetable_map(VA, 0x80000000, PAGE_SIZE, RW | PAGE_APP, false));
	pagetable_protect(VA, PAGE_SIZE, PAGE_NONE, NULL);
	CHECK(maps_to(VA, 0x80000000, PAGE_NONE));
	pagetable_protect(VA, PAGE_SIZE, PAGE_READ | PAGE_APP, NULL);
	CHECK(maps_to(VA, 0x80000000, PAGE_READ | PAGE_APP));
	pagetable_protect(VA, PAGE_SIZE, PAGE_NONE, NULL);
	pagetable_unmap(VA, PAGE_SIZE, NULL, NULL);
	CHECK(!pagetable_query(VA, NULL, NULL));
}

/* As large as alignment allows: 1 page, 2 MiB and 1 GiB leaves take few tables. */
FRESH_TEST(large_leaves)
{
	setup(64);
	CHECK(!pagetable_map(VA + GIB - 2 * MIB - PAGE_SIZE, GIB - 2 * MIB - PAGE_SIZE,
			     GIB + 4 * MIB + 2 * PAGE_SIZE, RW, true));
	CHECK(maps_to(VA + GIB - 2 * MIB - PAGE_SIZE, GIB - 2 * MIB - PAGE_SIZE, RW));
	CHECK(!pagetable_query(VA + GIB - 2 * MIB - PAGE_SIZE - 1, NULL, NULL));
	CHECK(maps_to(VA + GIB - MIB + 5, GIB - MIB + 5, RW));
	CHECK(maps_to(VA + GIB + 512 * MIB + 5, GIB + 512 * MIB + 5, RW));
	CHECK(maps_to(VA + 2 * GIB + 2 * MIB + 4095, 2 * GIB + 2 * MIB + 4095, RW));
	CHECK(!pagetable_query(VA + 2 * GIB + 2 * MIB + 4096, NULL, NULL));
	/* One for the upper levels, and two of 2 MiB and two of 4 KiB leaves at the ends. */
	CHECK(pagetable_frames() == 5);
}

FRESH_TEST(no_larger_leaves_than_the_cpu_has)
{
	setup(600);
	host_block_level = 0;
	CHECK(!pagetable_map(VA, 0, 4 * MIB, RW, true));
	CHECK(pagetable_frames() == 4);
	CHECK(maps_to(VA + 3 * MIB, 3 * MIB, RW));
	host_block_level = 1;
	CHECK(!pagetable_map(VA + GIB, 0, GIB, RW, true));
	CHECK(pagetable_frames() == 5);
}

/* What is there stays: a device in the middle of a block, then the block around it. */
FRESH_TEST(mapping_around_smaller_leaves)
{
	setup(600);
	CHECK(!pagetable_map(VA + 5 * PAGE_SIZE, 0x5000, PAGE_SIZE, RW | PAGE_DEVICE, false));
	CHECK(!pagetable_map(VA, 0, GIB, RW, true));
	CHECK(maps_to(VA, 0, RW));
	CHECK(maps_to(VA + 5 * PAGE_SIZE, 0x5000, RW | PAGE_DEVICE));
	CHECK(maps_to(VA + 6 * PAGE_SIZE, 0x6000, RW));
	CHECK(maps_to(VA + 2 * MIB, 2 * MIB, RW));
	CHECK(maps_to(VA + GIB - 1, GIB - 1, RW));
	CHECK(!pagetable_query(VA + GIB, NULL, NULL));
}

/* And the other way: a page where a block is already needs nothing. */
FRESH_TEST(mapping_inside_a_larger_leaf)
{
	setup(600);
	CHECK(!pagetable_map(VA, 0, GIB, RW, true));
	CHECK(!pagetable_map(VA + GIB - PAGE_SIZE, GIB - PAGE_SIZE, 2 * PAGE_SIZE, RW, false));
	CHECK(maps_to(VA + GIB - 1, GIB - 1, RW));
	CHECK(maps_to(VA + GIB, GIB, RW));
	CHECK(!pagetable_query(VA + GIB + PAGE_SIZE, NULL, NULL));
}

FRESH_TEST(without_memory_for_tables)
{
	setup(2);
	pool_end = 0x3000;
	while (frame_free_count())
		CHECK(frame_alloc());
	/* One table of the boot pool, and no more. */
	CHECK(pagetable_map(VA, 0x80000000, PAGE_SIZE, RW, false) == -12);
	CHECK(pagetable_frames() == 1);
	CHECK(!pagetable_query(VA, NULL, NULL));
	pagetable_unmap(VA, GIB, NULL, NULL);
	pool_end = 0x5000;
	CHECK(!pagetable_map(VA, 0x80000000, PAGE_SIZE, RW, false));
	CHECK(maps_to(VA, 0x80000000, RW));
}

#define PAGES 3000 /* six tables' worth */

static struct {
	uint64_t pa;
	unsigned attrs;
	bool present;
} model[PAGES];
static size_t released;
static const char *wrong;

static void release(uint64_t pa, size_t size, void *arg)
{
	uint64_t *next = arg;

	if (size != PAGE_SIZE)
		wrong = "a leaf of another size";
	while (*next < PAGES && !model[*next].present)
		++*next;
	if (*next == PAGES || model[*next].pa != pa)
		wrong = "another frame than was mapped";
	++*next;
	released++;
}

static void check_all(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t pa;
		unsigned attrs;
		bool present = pagetable_query(VA + i * PAGE_SIZE, &pa, &attrs);

		CHECK(present == model[i].present);
		CHECK(!present || (pa == model[i].pa && attrs == model[i].attrs));
	}
}

FRESH_TEST(random_use_is_as_in_the_model)
{
	static const unsigned rights[] = {PAGE_NONE, PAGE_READ, RW, PAGE_READ | PAGE_EXEC};
	uint64_t seed = 3;

	setup(100);
	for (int step = 0; step < 20000; step++) {
		uint64_t what = unit_random(&seed), next;
		size_t at = (what >> 8) % PAGES,
		       count = 1 + (what >> 24) % (what >> 20 & 7 ? 20 : 900);
		unsigned attrs = rights[what >> 2 & 3] | PAGE_APP * (rights[what >> 2 & 3] != 0);
		size_t before = released, present = 0;

		count = at + count > PAGES ? PAGES - at : count;
		for (size_t i = at; i < at + count; i++)
			present += model[i].present;
		switch (what & 3) {
		case 0:
		case 1:
			/* Where something is already, it stays. */
			CHECK(!pagetable_map(VA + at * PAGE_SIZE,
					     0x80000000 + (what >> 40) * PAGE_SIZE,
					     count * PAGE_SIZE, attrs, false));
			for (size_t i = 0; i < count; i++)
				if (!model[at + i].present) {
					model[at + i].present = true;
					model[at + i].attrs = attrs;
					model[at + i].pa = 0x80000000 +
							   ((what >> 40) + i) * PAGE_SIZE;
				}
			break;
		case 2:
			next = at;
			pagetable_unmap(VA + at * PAGE_SIZE, count * PAGE_SIZE, release, &next);
			CHECK(!wrong && released - before == present);
			for (size_t i = at; i < at + count; i++)
				model[i].present = false;
			break;
		case 3:
			pagetable_protect(VA + at * PAGE_SIZE, count * PAGE_SIZE, attrs, NULL);
			for (size_t i = at; i < at + count; i++)
				model[i].attrs = attrs;
			break;
		}
		if (step % 200 == 0)
			CHECK_IN(check_all());
	}
	CHECK_IN(check_all());
	CHECK(pagetable_frames() <= 9 && frame_free_count() == start_frames - pagetable_frames());
}
