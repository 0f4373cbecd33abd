/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/frame.c kernel/spinlock.c lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host
#include <mem/frame.h>
#include <mem/linear.h>

#include "fresh.h"
#include "host.h"

#define MIB 0x100000UL

static void setup(void)
{
	host_memory_reset(0x1000, 0x40000000);
}

FRESH_TEST(there_are_none_at_first)
{
	struct frame_stats stats;

	setup();
	CHECK(frame_alloc() == 0);
	CHECK(frame_alloc_zeroed() == 0);
	CHECK(frame_alloc_contiguous(1, 1) == 0);
	frame_stats(&stats);
	CHECK(!stats.total && !stats.free && !stats.largest_free && !frame_free_count());
}

FRESH_TEST(an_added_range_is_taken_until_it_is_released)
{
	setup();
	CHECK(!frame_add_range(0x40000000, MIB, 0x50000000));
	CHECK(frame_alloc() == 0);
	frame_release_range(0x40000800, 0x2000); /* the one whole frame in it */
	CHECK(frame_free_count() == 1);
	CHECK(frame_alloc() == 0x40001000);
	CHECK(frame_alloc() == 0);
	frame_release_range(0x40002001, 0xffe); /* none */
	CHECK(frame_free_count() == 0);
}

FRESH_TEST(frame_zero_is_never_given_out)
{
	setup();
	CHECK(!frame_add_range(0, MIB, 0x50000000));
	frame_release_range(0, MIB);
	CHECK(frame_free_count() == 255);
	CHECK(frame_alloc() == 0x1000);
}

FRESH_TEST(all_frames_are_given_out_once)
{
	uint8_t seen[512 + 100] = {0};
	uint64_t pa;

	setup();
	CHECK(!frame_add_range(0x40000000, 512 * 4096UL, 0x50000000));
	CHECK(!frame_add_range(0x80000000, 100 * 4096UL, 0x50001000));
	frame_release_range(0x40000000, 512 * 4096UL);
	frame_release_range(0x80000000, 100 * 4096UL);
	for (int i = 0; i < 612; i++) {
		size_t at;

		pa = frame_alloc();
		at = pa >= 0x80000000 ? 512 + (pa - 0x80000000) / 4096 : (pa - 0x40000000) / 4096;
		CHECK(pa && at < sizeof(seen) && !seen[at]);
		seen[at] = 1;
		CHECK(frame_free_count() == (size_t)(611 - i));
	}
	CHECK(!frame_alloc());
	frame_free(0x40000000 + 77 * 4096);
	CHECK(frame_alloc() == 0x40000000 + 77 * 4096);
	CHECK(!frame_alloc());
}

FRESH_TEST(zeroed_frames_are_zero)
{
	uint64_t pa;

	setup();
	CHECK(!frame_add_range(0x40000000, MIB, 0x50000000));
	frame_release_range(0x40000000, MIB);
	pa = frame_alloc();
	memset(linear_address(pa), 0x5a, PAGE_SIZE);
	frame_free(pa);
	CHECK(frame_alloc_zeroed() == pa);
	for (size_t i = 0; i < PAGE_SIZE; i++)
		CHECK(((char *)linear_address(pa))[i] == 0);
}

FRESH_TEST(no_more_than_eight_ranges)
{
	setup();
	for (uint64_t i = 1; i <= 8; i++)
		CHECK(!frame_add_range(i * 0x10000000, MIB, 0x90000000 + i * 0x1000));
	CHECK(frame_add_range(0x90000000, MIB, 0xa0000000) == -28);
}

/* Alignment is of the physical address, whatever the range begins with. */
FRESH_TEST(contiguous_frames_are_aligned)
{
	setup();
	CHECK(!frame_add_range(0x40003000, 1024 * 4096UL, 0x50000000));
	frame_release_range(0x40003000, 1024 * 4096UL);
	CHECK(frame_alloc_contiguous(1, 16) == 0x40010000);
	CHECK(frame_alloc_contiguous(16, 16) == 0x40020000);
	CHECK(frame_alloc_contiguous(13, 1) == 0x40003000);
	CHECK(frame_alloc_contiguous(512, 512) == 0x40200000);
	CHECK(!frame_alloc_contiguous(512, 512));
	CHECK(!frame_alloc_contiguous(1025, 1));
	CHECK(frame_free_count() == 1024 - 1 - 16 - 13 - 512);
	frame_free_contiguous(0x40200000, 512);
	frame_free_contiguous(0x40003000, 13);
	CHECK(frame_alloc_contiguous(512, 1) == 0x40030000);
}

FRESH_TEST(double_and_foreign_free_stop_the_kernel)
{
	uint64_t pa;

	setup();
	CHECK(!frame_add_range(0x40000000, MIB, 0x50000000));
	frame_release_range(0x40000000, MIB / 2);
	pa = frame_alloc();
	frame_free(pa);
	CHECK(HOST_STOPS(frame_free(pa)));
	CHECK(strstr(host_stop_reason, "freed twice at 40000000"));
}

FRESH_TEST(foreign_free_stops_the_kernel)
{
	setup();
	CHECK(!frame_add_range(0x40000000, MIB, 0x50000000));
	CHECK(HOST_STOPS(frame_free_contiguous(0x40000000 + MIB - 0x1000, 2)));
	CHECK(strstr(host_stop_reason, "no RAM"));
}

#define FRAMES 5000
#define BASE   0x40007000UL

static uint8_t taken[FRAMES];
static size_t taken_count;

/* What the allocator should say to a request, by looking at each frame. */
static uint64_t first_fit(size_t count, size_t align)
{
	for (size_t at = 0; at + count <= FRAMES; at++) {
		size_t n = 0;

		if ((BASE / PAGE_SIZE + at) % align)
			continue;
		while (n < count && !taken[at + n])
			n++;
		if (n == count)
			return BASE + at * PAGE_SIZE;
	}
	return 0;
}

static void mark(uint64_t pa, size_t count, uint8_t value)
{
	memset(taken + (pa - BASE) / PAGE_SIZE, value, count);
	taken_count += value ? count : -count;
}

static size_t longest_free(void)
{
	size_t best = 0, run = 0;

	for (size_t i = 0; i < FRAMES; i++) {
		run = taken[i] ? 0 : run + 1;
		best = run > best ? run : best;
	}
	return best;
}

/* Allocation is first fit, so a model that looks at each frame says exactly what comes. */
FRESH_TEST(random_use_is_as_in_the_model)
{
	struct {
		uint64_t pa;
		size_t count;
	} held[400];
	size_t held_count = 0;
	uint64_t seed = 1;

	setup();
	CHECK(!frame_add_range(BASE, FRAMES * PAGE_SIZE, 0x60000000));
	frame_release_range(BASE, FRAMES * PAGE_SIZE);
	for (int step = 0; step < 20000; step++) {
		uint64_t what = unit_random(&seed);

		if (held_count < 400 && what % 5 < 3) {
			size_t count = what >> 8 & 1 ? 1 + (what >> 16) % 90 : 1;
			size_t align = 1UL << (what >> 32) % 8;
			uint64_t expected, pa;

			if (count == 1)
				align = 1;
			expected = first_fit(count, align);
			pa = count == 1 ? frame_alloc() : frame_alloc_contiguous(count, align);
			CHECK(pa == expected);
			if (!pa)
				continue;
			mark(pa, count, 1);
			held[held_count].pa = pa;
			held[held_count++].count = count;
		} else if (held_count) {
			size_t i = (what >> 8) % held_count, count = held[i].count;

			/* Sometimes only the first half: pieces need not be what was asked for. */
			if (what >> 60 == 0 && count > 1)
				count /= 2;
			frame_free_contiguous(held[i].pa, count);
			mark(held[i].pa, count, 0);
			held[i].pa += count * PAGE_SIZE;
			held[i].count -= count;
			if (!held[i].count)
				held[i] = held[--held_count];
		}
		CHECK(frame_free_count() == FRAMES - taken_count);
		if (step % 500 == 0) {
			struct frame_stats stats;

			frame_stats(&stats);
			CHECK(stats.total == FRAMES && stats.free == FRAMES - taken_count);
			CHECK(stats.largest_free == longest_free());
		}
	}
	while (held_count) {
		held_count--;
		frame_free_contiguous(held[held_count].pa, held[held_count].count);
	}
	CHECK(frame_free_count() == FRAMES);
	CHECK(frame_alloc_contiguous(FRAMES, 1) == BASE);
}
