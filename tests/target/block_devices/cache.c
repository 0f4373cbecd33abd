/* SPDX-License-Identifier: BSD-2-Clause */
/* The block cache on a real disk: what it reads and writes, and with how few requests. */
#include <string.h>

#include <abi/mark.h>
#include <fs/block_cache.h>
#include <fs/io.h>
#include <mem/heap.h>
#include <mem/vm.h>

#include "disk.h"

#define MIB (1UL << 20)

static struct block_cache *open_cache(size_t pages)
{
	const struct block_cache_config config = {.pages_max = pages};
	struct block_cache *cache = NULL;

	EXPECT(!block_cache_open(block_at(0), &config, &cache));
	return cache;
}

static uint64_t requests(struct block_cache *cache)
{
	struct block_cache_stats stats;

	block_cache_stats(cache, &stats);
	return stats.requests;
}

static void write_all(struct block_cache *cache, uint8_t *bytes, uint64_t seed)
{
	for (uint64_t at = 0; at < 4 * MIB; at += 4096) {
		fill(bytes, at / BLOCK_SECTOR, 8, seed);
		EXPECT(!block_cache_write(cache, BLOCK_DATA, at, bytes, 4096));
	}
	EXPECT(!block_cache_commit(cache));
}

TEST(cache, few_requests_for_many_bytes)
{
	struct block_cache *cache = open_cache(2048);
	uint8_t *bytes = heap_alloc(16 * 4096);
	struct block_ahead ahead = {0};
	uint64_t before;

	CHECK(cache && bytes);
	before = requests(cache);
	write_all(cache, bytes, 3);
	EXPECT(requests(cache) - before <= 40);
	EXPECT(!block_cache_close(cache));
	cache = open_cache(2048);
	before = requests(cache);
	MARK(6);
	for (uint64_t at = 0; at < 4 * MIB; at += 65536) {
		block_cache_ahead(cache, &ahead, at, 65536, 4 * MIB);
		EXPECT(!block_cache_read(cache, at, bytes, 65536));
		EXPECT(is_filled(bytes, at / BLOCK_SECTOR, 128, 3));
	}
	MARK(7);
	EXPECT(requests(cache) - before <= 40);
	EXPECT(!block_cache_close(cache));
	heap_free(bytes);
}

TEST(cache, application_memory_without_a_copy)
{
	struct block_cache *cache = open_cache(64);
	uint8_t *bytes = heap_alloc(16 * 4096);
	struct block_cache_stats stats;
	uintptr_t at = 0;
	struct io io;

	CHECK(cache && bytes);
	CHECK(!vm_map(&at, 2 * MIB, PAGE_READ | PAGE_WRITE | PAGE_APP, VM_ANON, 0, "test"));
	write_all(cache, bytes, 4);
	EXPECT(!block_cache_close(cache));
	cache = open_cache(64);
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT(!io_buffer(&io, (void *)(at + 16), MIB));
		MARK(4);
		EXPECT(!block_cache_read_io(cache, i * MIB, MIB, &io) && io.done == MIB);
		MARK(5);
		EXPECT(!io_buffer(&io, (void *)(at + 16), MIB));
		EXPECT(!block_cache_write_io(cache, (i + 4) * MIB, MIB, &io) && io.done == MIB);
	}
	EXPECT(!block_cache_commit(cache));
	block_cache_stats(cache, &stats);
	EXPECT(stats.direct == 8 * MIB && !stats.pages && stats.requests <= 16);
	EXPECT(stats.flushes == 1);
	for (uint64_t i = 4 * MIB; i < 8 * MIB; i += 65536) {
		EXPECT(!block_cache_read(cache, i, bytes, 65536));
		for (unsigned j = 0; j < 128; j += 8) /* written 8 sectors at a time */
			EXPECT(is_filled(bytes + j * 512UL, (i - 4 * MIB) / BLOCK_SECTOR + j, 8,
					 4));
	}
	EXPECT(!block_cache_close(cache) && !vm_unmap(at, 2 * MIB));
	heap_free(bytes);
}

/* What the figures of reading 4 KiB begin with: the cache's part. */
TEST(cache, pages_one_at_a_time)
{
	struct block_cache *cache = open_cache(512);
	uint8_t *bytes = heap_alloc(4096);
	uint64_t seed = 8;

	CHECK(cache && bytes);
	for (unsigned i = 0; i < 256; i++) {
		uint64_t at = i * 11 % 256 * 4096;

		if (i == 128)
			MARK(2);
		EXPECT(!block_cache_read(cache, at, bytes, 4096));
	}
	MARK(3);
	MARK(0);
	for (unsigned i = 0; i < 256; i++)
		EXPECT(!block_cache_read(cache, next_random(&seed) % 256 * 4096, bytes, 4096));
	MARK(1);
	EXPECT(!block_cache_close(cache));
	heap_free(bytes);
}
