/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/heap.c mem/frame.c kernel/spinlock.c lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "fresh.h"
#include "host.h"

static size_t start_frames;

static void setup(size_t frames)
{
	host_memory_reset(0x1000, 0x40000000);
	host_add_frames(0x40000000, frames * PAGE_SIZE);
	start_frames = frame_free_count();
}

FRESH_TEST(blocks_are_aligned_and_hold_what_was_asked)
{
	setup(4096);
	for (size_t size = 0; size < 3000; size += size < 64 ? 1 : 37) {
		char *block = heap_alloc(size);

		CHECK(block && !((uintptr_t)block & 15));
		memset(block, 0xee, size);
		heap_free(block);
		CHECK(heap_used() == 0);
		CHECK(frame_free_count() == start_frames);
	}
	heap_free(NULL);
}

FRESH_TEST(zeroed_blocks_are_zero)
{
	static const size_t sizes[] = {1, 32, 100, 1008, 1009, 5000};

	setup(4096);
	for (size_t i = 0; i < 6; i++) {
		char *block = heap_alloc(sizes[i]);

		memset(block, 0xee, sizes[i]);
		heap_free(block);
		block = heap_alloc_zeroed(sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			CHECK(block[at] == 0);
		heap_free(block);
	}
	CHECK(frame_free_count() == start_frames);
}

FRESH_TEST(memory_may_be_out)
{
	char *blocks[200];
	size_t count = 0;

	setup(20);
	CHECK(!heap_alloc(SIZE_MAX));
	CHECK(!heap_alloc(SIZE_MAX - 4000));
	CHECK(!heap_alloc_zeroed(1UL << 40));
	CHECK(!heap_alloc(start_frames * PAGE_SIZE));
	CHECK(frame_free_count() == start_frames);
	while ((blocks[count] = heap_alloc(1000)))
		count++;
	CHECK(count == start_frames * 4);
	CHECK(!heap_alloc_zeroed(1000));
	while (count)
		heap_free(blocks[--count]);
	CHECK(frame_free_count() == start_frames && heap_used() == 0);
	blocks[0] = heap_alloc(start_frames * PAGE_SIZE - 48);
	CHECK(blocks[0] && frame_free_count() == 0);
	heap_free(blocks[0]);
	CHECK(frame_free_count() == start_frames);
}

FRESH_TEST(a_foreign_pointer_stops_the_kernel)
{
	setup(64);
	CHECK(HOST_STOPS(heap_free((char *)linear_address(frame_alloc_zeroed()) + 48)));
	CHECK(strstr(host_stop_reason, "heap_free of 0x2000"));
}

FRESH_TEST(the_last_block_freed_twice_stops_the_kernel)
{
	void *block;

	setup(64);
	block = heap_alloc(100);
	heap_free(block);
	CHECK(HOST_STOPS(heap_free(block)));
}

FRESH_TEST(a_large_block_freed_twice_stops_the_kernel)
{
	void *block;

	setup(64);
	block = heap_alloc(10000);
	heap_free(block);
	CHECK(HOST_STOPS(heap_free(block)));
}

#define HELD 3000

/* Each block holds its own pattern to the last byte: two that overlap show. */
FRESH_TEST(random_use_keeps_contents_and_gives_all_back)
{
	static struct {
		uint8_t *at;
		size_t size;
		uint8_t tag;
	} held[HELD];
	uint64_t seed = 7;
	size_t count = 0;

	setup(3000);
	for (int step = 0; step < 60000; step++) {
		uint64_t what = unit_random(&seed);

		/* The share of allocations swings, so that it grows and shrinks. */
		if (count < HELD && (what & 0xff) < (step / 5000 % 2 ? 110u : 150u)) {
			size_t size = what >> 8 & 7 ? (what >> 16) % 1100 : (what >> 16) % 20000;
			uint8_t *at = heap_alloc(size);

			if (!at)
				continue;
			held[count].at = at;
			held[count].size = size;
			held[count].tag = (uint8_t)(what >> 40);
			memset(at, held[count].tag, size);
			count++;
		} else if (count) {
			size_t i = (what >> 8) % count;

			for (size_t at = 0; at < held[i].size; at++)
				CHECK(held[i].at[at] == held[i].tag);
			heap_free(held[i].at);
			held[i] = held[--count];
		}
	}
	CHECK(heap_used() > 0);
	while (count)
		heap_free(held[--count].at);
	CHECK(heap_used() == 0);
	CHECK(frame_free_count() == start_frames);
}
