/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c fs/cache.c fs/cache_page.c fs/cache_io.c fs/cache_read.c fs/cache_write.c
// sources: fs/cache_commit.c fs/cache_flusher.c fs/cache_direct.c fs/io.c lib/str.c
// flags: -D_GNU_SOURCE -Iinclude/arch/host -Iarch/host -I.
/* The block cache: what it reads, writes, copies and tells, step by step. */
#include "cache_disk.h"

FRESH_TEST(reads_what_is_there)
{
	struct block_cache *cache = open_cache(0, 0);
	uint8_t bytes[5000];
	struct block_cache_stats stats;

	fill(present[0], sizeof(present));
	CHECK(!block_cache_read(cache, 1000, bytes, 5000));
	CHECK(!memcmp(bytes, present[0] + 1000, 5000));
	CHECK(reads == 1 && kicks >= 1);
	CHECK(!block_cache_read(cache, 4000, bytes, 100) && reads == 1);
	CHECK(block_cache_read(cache, SECTORS * 512 - 10, bytes, 11) == -ENOSPC);
	CHECK(block_cache_read(cache, UINT64_MAX - 3, bytes, 11) == -ENOSPC);
	CHECK(!block_cache_read(cache, SECTORS * 512 - 10, bytes, 10));
	CHECK(!memcmp(bytes, present[SECTORS - 1] + 502, 10));
	block_cache_stats(cache, &stats);
	CHECK(stats.pages == 3 && stats.pages_max == 120 && !stats.dirty);
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_grid_that_is_moved)
{
	struct block_cache *cache = open_cache(0, 3 * 512);
	uint8_t bytes[4096];

	fill(present[0], sizeof(present));
	/* A cluster from the grid on is one page; the first page has what is ahead of it. */
	CHECK(!block_cache_read(cache, 3 * 512, bytes, 4096) && reads == 1 && longest == 8);
	CHECK(!memcmp(bytes, present[3], 4096));
	CHECK(!block_cache_read(cache, 0, bytes, 4096));
	CHECK(!memcmp(bytes, present[0], 4096));
	CHECK(!block_cache_read(cache, SECTORS * 512 - 4096, bytes, 4096));
	CHECK(!memcmp(bytes, present[SECTORS - 8], 4096));
	fill(bytes, 4096);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 4096));
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(bytes, medium[0], 4096));
}

FRESH_TEST(one_request_for_neighbours)
{
	struct block_cache *cache = open_cache(128, 0);
	static uint8_t bytes[128 << 10];

	fill(present[0], sizeof(present));
	CHECK(!block_cache_read(cache, 0, bytes, 128 << 10));
	CHECK(!memcmp(bytes, present[0], 128 << 10));
	CHECK(reads == 1 && longest == 256);
	for (unsigned i = 0; i < 16; i++)
		CHECK(!block_cache_write(cache, BLOCK_DATA, (i * 7 % 16) * 4096, bytes, 4096));
	CHECK(!writes && !block_cache_commit(cache) && writes == 1 && flushes == 1);
	/* Nothing to do, and nothing that the disk may keep. */
	CHECK(!block_cache_commit(cache) && writes == 1 && flushes == 1);
	CHECK(!block_cache_close(cache) && is_gone() && flushes == 1);
}

FRESH_TEST(reads_ahead)
{
	struct block_cache *cache = open_cache(128, 0);
	struct block_ahead ahead = {0};
	uint8_t bytes[4096];

	fill(present[0], sizeof(present));
	for (unsigned at = 0; at < 512 * 512; at += 4096) {
		block_cache_ahead(cache, &ahead, at, 4096, SECTORS * 512);
		CHECK(!block_cache_read(cache, at, bytes, 4096));
		CHECK(!memcmp(bytes, present[0] + at, 4096));
	}
	CHECK(reads < 8);
	CHECK(!block_cache_close(cache) && is_gone());
}

/* What is read again is not looked for, and what comes behind it is still read early. */
FRESH_TEST(reads_ahead_from_where_the_cache_ends)
{
	struct block_cache *cache = open_cache(128, 0);
	struct block_ahead ahead = {0};
	uint8_t bytes[4096];
	unsigned before;

	fill(present[0], sizeof(present));
	CHECK(!block_cache_read(cache, 0, bytes, 4096));
	for (unsigned at = 4096; at < 20 * 4096; at += 4096)
		CHECK(!block_cache_read(cache, at, bytes, 4096));
	before = reads;
	for (unsigned at = 0; at < 40 * 4096; at += 4096) {
		block_cache_ahead(cache, &ahead, at, 4096, SECTORS * 512);
		CHECK(at >= 19 * 4096 || (reads == before && !ahead.window));
		CHECK(!block_cache_read(cache, at, bytes, 4096));
		CHECK(!memcmp(bytes, present[0] + at, 4096));
	}
	CHECK(reads > before && reads < before + 4);
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(bytes_that_fill_no_sector)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[8192];

	fill(present[0], sizeof(present));
	memcpy(bytes, present[4], 8192);
	memset(bytes + 100, 1, 700);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 4 * 512 + 100, bytes + 100, 700));
	CHECK(reads == 1);
	memset(bytes + 1024, 2, 512);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 6 * 512, bytes + 1024, 512) && reads == 1);
	block_cache_fresh(cache, 7 * 512, 512);
	memset(bytes + 1536, 0, 512);
	memset(bytes + 1536, 3, 5);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 7 * 512, bytes + 1536, 5) && reads == 1);
	CHECK(!block_cache_zero(cache, 9 * 512 + 1, 3000));
	memset(bytes + 5 * 512 + 1, 0, 3000);
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(medium[4], bytes, 4 * 512));
	CHECK(!memcmp(medium[9], bytes + 5 * 512, 4 * 512));
}

FRESH_TEST(dropped_is_not_written)
{
	struct block_cache *cache = open_cache(0, 0);
	uint8_t bytes[4096];

	fill(bytes, 4096);
	for (unsigned i = 0; i < 8; i++)
		CHECK(!block_cache_write(cache, BLOCK_DATA, i * 4096, bytes, 4096));
	block_cache_drop(cache, 512, 7 * 4096 + 512);
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(medium[0], bytes, 512) && !medium[8][0] && !medium[1][3]);
	CHECK(!memcmp(medium[58], bytes + 1024, 6 * 512) && writes == 2);
}

FRESH_TEST(errors_are_told_once_for_each_mark)
{
	struct block_cache *cache = open_cache(0, 0);
	uint32_t a = block_cache_mark(cache), b = a, late;
	uint8_t bytes[512];

	fill(bytes, 512);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 512));
	CHECK(!block_cache_write(cache, BLOCK_ENTRY, 4096, bytes, 512));
	fail_countdown = 0;
	CHECK(block_cache_commit(cache) == -EIO && writes == 1 &&
	      !memcmp(present[8], medium[9], 512));
	CHECK(block_cache_error(cache, &a) == -EIO && !block_cache_error(cache, &a));
	late = block_cache_mark(cache);
	CHECK(!block_cache_commit(cache) && !memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_error(cache, &a) && !block_cache_error(cache, &late));
	CHECK(block_cache_error(cache, &b) == -EIO && !block_cache_error(cache, &b));
	CHECK(!memcmp(medium[8], bytes, 512));
	/* A flush that fails is an error, too, and tried again. */
	bytes[0]++;

	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 512));
	fail_countdown = 1;
	CHECK(block_cache_commit(cache) == -EIO && block_cache_error(cache, &a) == -EIO);
	CHECK(memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_commit(cache) && !block_cache_error(cache, &a));
	CHECK(!memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_sector_that_cannot_be_read)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[65536];

	fill(present[0], sizeof(present));
	bad_sector = 100;
	CHECK(block_cache_read(cache, 0, bytes, 65536) == -EIO);
	CHECK(!block_cache_read(cache, 0, bytes, 12 * 4096)); /* only its own page is lost */
	CHECK(block_cache_read(cache, 100 * 512, bytes, 1) == -EIO);
	bad_sector = -1;
	CHECK(!block_cache_read(cache, 0, bytes, 65536) && !memcmp(bytes, present[0], 65536));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_disk_that_goes_away)
{
	struct block_cache *cache = open_cache(16, 0);
	uint8_t bytes[4096];
	int error = 0;

	fill(bytes, 4096);
	fail_forever = -ENODEV;
	for (unsigned i = 0; i < 64 && !error; i++)
		error = block_cache_write(cache, i & 1 ? BLOCK_DATA : BLOCK_ENTRY, i * 4096, bytes,
					  4096);
	CHECK(error == -ENODEV);
	CHECK(block_cache_read(cache, 63 * 4096, bytes, 4096) == -ENODEV);
	CHECK(block_cache_commit(cache) == -ENODEV);
	CHECK(block_cache_close(cache) == -ENODEV && is_gone());
}

FRESH_TEST(a_fault_in_the_middle)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[4096];
	struct io io;

	fill(present[0], sizeof(present));
	fill(bytes, 4096);
	user_end = (uintptr_t)bytes + 1000;
	CHECK(!io_buffer(&io, bytes, 4096));
	CHECK(!block_cache_write_io(cache, 0, 4096, &io) && io.fault && io.done % 512 == 0);
	user_end = UINTPTR_MAX;
	CHECK(!block_cache_commit(cache));
	CHECK(!memcmp(present[0], bytes, io.done) && memcmp(present[7], bytes + 7 * 512, 512));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(large_ones_are_not_copied)
{
	struct block_cache *cache = open_cache(0, 0);
	struct block_cache_stats stats;
	struct io io;

	make_large();
	fill(present[0], sizeof(present));
	memset(large, 1, LARGE);
	/* What the cache has counts. */
	CHECK(!block_cache_write(cache, BLOCK_DATA, 300 * 1024 + 5, "hello", 5));
	reads = 0;
	io_buffer(&io, large + 20, 400 << 10);
	CHECK(!block_cache_read_io(cache, 0, 400 << 10, &io) && io.done == 400 << 10);
	block_cache_stats(cache, &stats);
	CHECK(stats.direct == 300 << 10 && reads <= 4);
	CHECK(!memcmp(large + 20 + (300 << 10) + 5, "hello", 5));
	memcpy(large + 20 + (300 << 10) + 5, present[0] + (300 << 10) + 5, 5);
	CHECK(!memcmp(large + 20, present[0], 400 << 10));
	/* A sector that cannot be read: up to its page all is there. */
	bad_sector = 100;
	io_buffer(&io, large + 20, 256 << 10);
	CHECK(block_cache_read_io(cache, 0, 256 << 10, &io) == -EIO && io.done == 12 * 4096);
	bad_sector = -1;
	/* Written: the cache forgets what it had. */
	fill(large, LARGE);
	io_buffer(&io, large + 4, 400 << 10);
	CHECK(!block_cache_write_io(cache, 0, 400 << 10, &io) && io.done == 400 << 10);
	CHECK(!memcmp(present[0], large + 4, 400 << 10));
	flushes = 0;
	CHECK(!block_cache_commit(cache) && flushes == 1);
	CHECK(!memcmp(medium[0], large + 4, 400 << 10));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(read_only)
{
	struct block_cache *cache;
	uint8_t bytes[512] = {0};

	disk.read_only = true;
	cache = open_cache(0, 0);
	CHECK(block_cache_write(cache, BLOCK_DATA, 0, bytes, 512) == -EROFS);
	CHECK(block_cache_zero(cache, 0, 512) == -EROFS);
	CHECK(!block_cache_commit(cache) && !flushes);
	CHECK(!block_cache_close(cache) && is_gone());
	disk.block = 1024;
	disk.read_only = false;
	cache = open_cache(0, 512); /* not on a block: the grid stays where it was */
	CHECK(!block_cache_write(cache, BLOCK_DATA, 512, bytes, 512) && reads == 1);
	CHECK(!block_cache_close(cache) && is_gone());
}
