/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block cache with real CPUs: several threads read and write their own parts of a disk that
 * answers from a thread of its own, out of order, while others commit, drop and read ahead.
 */
#include <string.h>

#include <dev/block.h>
#include <dev/partition.h>
#include <dev/ram_disk.h>
#include <fs/block_cache.h>
#include <fs/io.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/vm.h>
#include <mem/vm_pin.h>

#include "suite.h"

#define THREADS	 4
#define PART	 (256u << 10) /* bytes of each thread */
#define STEP_MAX 20000u
#define REWRITES 4000

static struct block_device *ram, late;
static struct block_cache *cache;
static struct waitq late_queue = WAITQ_INIT(late_queue);
static struct list late_list;
static bool late_ends;
static uint32_t going;

static void late_submit(struct block_device *device, struct block_request *request)
{
	struct irq_state state = waitq_lock(&late_queue);

	(void)device;
	if (request->sector & 8)
		list_push_front(&late_list, &request->node);
	else
		list_push_back(&late_list, &request->node);
	waitq_unlock(&late_queue, state);
}

static void late_kick(struct block_device *device)
{
	struct irq_state state = waitq_lock(&late_queue);

	(void)device;
	waitq_wake(&late_queue, 0, 1);
	waitq_unlock(&late_queue, state);
}

static const struct block_ops late_ops = {late_submit, late_kick};

static void late_worker(void *arg)
{
	struct irq_state state = waitq_lock(&late_queue);

	(void)arg;
	while (!late_ends) {
		struct list *node = list_pop_front(&late_list);

		if (!node) {
			(void)waitq_sleep_through(&late_queue, &state, 0, DEADLINE_NEVER);
			continue;
		}
		waitq_unlock(&late_queue, state);
		ram->ops->submit(ram, LIST_ENTRY(node, struct block_request, node));
		state = waitq_lock(&late_queue);
	}
	waitq_unlock(&late_queue, state);
}

static void fill(uint8_t *bytes, size_t size, uint64_t *random)
{
	uint64_t value = next_random(random);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> i % 8 * 8) ^ (uint8_t)i;
}

/* All classes: who writes metadata has commits in between. */
static void step(uint64_t base, uint8_t *model, uint8_t *bytes, uint64_t *random)
{
	size_t size = next_random(random) % (next_random(random) % 4 ? 5000 : STEP_MAX);
	uint64_t at = next_random(random) % (PART - size);

	switch (next_random(random) % 8) {
	case 0:
		EXPECT(!block_cache_zero(cache, base + at, size));
		memset(model + at, 0, size);
		break;
	case 1:
	case 2:
	case 3:
		fill(bytes, size, random);
		EXPECT(!block_cache_write(cache,
					  (enum block_class)(next_random(random) % BLOCK_CLASSES),
					  base + at, bytes, size));
		memcpy(model + at, bytes, size);
		break;
	case 4:
		block_cache_prefetch(cache, base + at, size);
		break;
	default:
		EXPECT(!block_cache_read(cache, base + at, bytes, size));
		EXPECT(!memcmp(bytes, model + at, size));
	}
}

static void user(void *arg)
{
	uint64_t base = (uintptr_t)arg * PART, random = (uintptr_t)arg + 1;
	uint8_t *model = heap_alloc_zeroed(PART), *bytes = heap_alloc(PART);

	EXPECT(model && bytes);
	for (unsigned i = 0; i < 400 && !test_failed(); i++)
		step(base, model, bytes, &random);
	EXPECT(!block_cache_commit(cache));
	EXPECT(!block_transfer(ram, BLOCK_READ, base / BLOCK_SECTOR, bytes, PART / BLOCK_SECTOR));
	EXPECT(!memcmp(bytes, model, PART));
	heap_free(bytes);
	heap_free(model);
}

static void committer(void *arg)
{
	uint64_t random = 77;

	(void)arg;
	while (__atomic_load_n(&going, __ATOMIC_ACQUIRE)) {
		if (next_random(&random) % 2)
			EXPECT(!block_cache_commit(cache));
		else
			block_cache_push(cache);
		(void)thread_sleep_until(in_ns(next_random(&random) % 2000000));
	}
}

static void race(size_t pages, uint64_t grid)
{
	const struct block_cache_config config = {.pages_max = pages, .grid = grid};
	int32_t ids[THREADS], worker, other;

	late_ends = false;
	list_init(&late_list);
	CHECK(!ram_disk_create(THREADS * PART, &ram));
	late = *ram;
	late.ops = &late_ops;
	late.can_flush = true;
	worker = spawn(16, 0, late_worker, NULL);
	CHECK(!block_cache_open(&late, &config, &cache));
	__atomic_store_n(&going, 1, __ATOMIC_RELEASE);
	other = spawn(16, 0, committer, NULL);
	for (uintptr_t i = 0; i < THREADS; i++)
		ids[i] = spawn(16, 0, user, (void *)i);
	for (unsigned i = 0; i < THREADS; i++)
		join(ids[i]);
	__atomic_store_n(&going, 0, __ATOMIC_RELEASE);
	join(other);
	EXPECT(!block_cache_close(cache));
	late_ends = true;
	late_kick(NULL);
	join(worker);
	ram_disk_destroy(ram);
}

TEST(cache, threads_find_what_they_wrote)
{
	race(64, 0);
}

TEST(cache, threads_in_little_memory)
{
	race(16, 3 * BLOCK_SECTOR);
}

/* Bytes of one's own page over and over: it becomes dirty again while it is on its way. */
static void rewriter(void *arg)
{
	uint64_t at = (uintptr_t)arg * PAGE_SIZE;
	uint8_t bytes[BLOCK_SECTOR], seen[BLOCK_SECTOR];

	for (unsigned i = 0; i < REWRITES && !test_failed(); i++) {
		memset(bytes, (int)i, sizeof(bytes));
		EXPECT(!block_cache_write(cache, BLOCK_DATA, at, bytes, sizeof(bytes)));
	}
	EXPECT(!block_cache_commit(cache));
	EXPECT(!block_transfer(ram, BLOCK_READ, at / BLOCK_SECTOR, seen, 1));
	EXPECT(!memcmp(bytes, seen, sizeof(seen)));
}

static void pusher(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&going, __ATOMIC_ACQUIRE))
		block_cache_push(cache);
}

TEST(cache, pages_are_written_while_they_are_written_back)
{
	const struct block_cache_config config = {.pages_max = 64};
	int32_t ids[THREADS], other;

	CHECK(!ram_disk_create(1 << 20, &ram) && !block_cache_open(ram, &config, &cache));
	__atomic_store_n(&going, 1, __ATOMIC_RELEASE);
	other = spawn(16, 0, pusher, NULL);
	for (uintptr_t i = 0; i < THREADS; i++)
		ids[i] = spawn(16, 0, rewriter, (void *)i);
	for (unsigned i = 0; i < THREADS; i++)
		join(ids[i]);
	__atomic_store_n(&going, 0, __ATOMIC_RELEASE);
	join(other);
	EXPECT(!block_cache_close(cache));
	ram_disk_destroy(ram);
}

TEST(cache, never_more_than_an_eighth_of_memory)
{
	const struct block_cache_config config = {0};
	struct block_cache_stats stats;
	uint8_t byte;

	CHECK(!ram_disk_create(8 << 20, &ram) && !block_cache_open(ram, &config, &cache));
	block_cache_stats(cache, &stats);
	for (uint64_t at = 0; at < 8 << 20; at += 4096)
		EXPECT(!block_cache_read(cache, at, &byte, 1));
	block_cache_stats(cache, &stats);
	EXPECT(stats.pages <= stats.pages_max && stats.misses == 2048);
	EXPECT(!block_cache_close(cache));
	ram_disk_destroy(ram);
}

#define LARGE (512u << 10)

static uintptr_t app_memory(size_t size)
{
	uintptr_t at = 0;

	EXPECT(!vm_map(&at, size, PAGE_READ | PAGE_WRITE | PAGE_APP, VM_ANON, 0, "test"));
	return at;
}

/* Between a disk and pages of an application, whose bytes the kernel sees by their frames. */
TEST(cache, large_ones_are_not_copied)
{
	const struct block_cache_config config = {.pages_max = 64};
	uintptr_t at = app_memory(LARGE + PAGE_SIZE);
	uint8_t *bytes = heap_alloc(LARGE);
	struct block_cache_stats stats;
	uint64_t random = 5;
	struct io io;

	CHECK(!ram_disk_create(1 << 20, &ram) && !block_cache_open(ram, &config, &cache));
	fill(bytes, LARGE, &random);
	EXPECT(!block_transfer(ram, BLOCK_WRITE, 0, bytes, LARGE / BLOCK_SECTOR));
	EXPECT(!io_buffer(&io, (void *)(at + 16), LARGE));
	EXPECT(!block_cache_read_io(cache, 0, LARGE, &io) && io.done == LARGE);
	EXPECT(!io_buffer(&io, (void *)(at + 16), LARGE));
	EXPECT(!block_cache_write_io(cache, LARGE, LARGE, &io) && io.done == LARGE);
	block_cache_stats(cache, &stats);
	EXPECT(stats.direct == 2 * LARGE && stats.pages == 0);
	memset(bytes, 0, LARGE);
	EXPECT(!block_cache_read(cache, LARGE, bytes, LARGE));
	random = 5;
	EXPECT(bytes[0] == (uint8_t)next_random(&random) && bytes[LARGE - 1] != 0);
	/* Memory that ends, and memory that may not be written. */
	EXPECT(!vm_unmap(at + LARGE / 2, LARGE / 2));
	EXPECT(!io_buffer(&io, (void *)at, LARGE));
	EXPECT(!block_cache_read_io(cache, 0, LARGE, &io));
	EXPECT(io.fault && io.done == LARGE / 2);
	EXPECT(!vm_protect(at, LARGE / 2, PAGE_READ | PAGE_APP));
	EXPECT(!io_buffer(&io, (void *)at, LARGE / 2));
	EXPECT(!block_cache_read_io(cache, 0, LARGE / 2, &io) && io.fault && !io.done);
	EXPECT(!io_buffer(&io, (void *)at, LARGE / 2));
	EXPECT(!block_cache_write_io(cache, 0, LARGE / 2, &io) && io.done == LARGE / 2);
	EXPECT(!vm_unmap(at, LARGE + PAGE_SIZE));
	EXPECT(!block_cache_close(cache));
	ram_disk_destroy(ram);
	heap_free(bytes);
}

static uint32_t unmapped;

static void unmapper(void *arg)
{
	EXPECT(!vm_unmap((uintptr_t)arg, LARGE));
	__atomic_store_n(&unmapped, 1, __ATOMIC_RELEASE);
}

/* Frames that a device may still write to are nobody else's. */
TEST(cache, pinned_pages_stay)
{
	uintptr_t at = app_memory(LARGE), other = app_memory(LARGE);
	uint64_t frames[LARGE / PAGE_SIZE];
	uintptr_t moved = at;
	struct vm_pin pin;
	int32_t id;

	CHECK(vm_pin(&pin, at + 5, LARGE - PAGE_SIZE, PAGE_WRITE, frames) == LARGE / PAGE_SIZE);
	unmapped = 0;
	id = spawn(16, 0, unmapper, (void *)at);
	(void)thread_sleep_until(in_ns(20 * NS_PER_MS));
	EXPECT(!__atomic_load_n(&unmapped, __ATOMIC_ACQUIRE));
	memset(linear_address(frames[3]), 7, PAGE_SIZE);
	vm_unpin(&pin);
	join(id);
	EXPECT(unmapped && vm_pin(&pin, at, PAGE_SIZE, PAGE_READ, frames) == 0);
	/* Not pinned: what is next to it. */
	CHECK(vm_pin(&pin, other, LARGE / 2, PAGE_READ, frames) == LARGE / 2 / PAGE_SIZE);
	EXPECT(!vm_unmap(other + LARGE / 2, LARGE / 2));
	vm_unpin(&pin);
	moved = other;
	EXPECT(!vm_remap(&moved, LARGE / 2, LARGE / 4, true));
	EXPECT(!vm_unmap(other, LARGE / 4));
}

/* Nobody commits: the cache does, in some seconds; the limit is that of a host with no time. */
TEST(cache, what_is_dirty_is_written_after_a_while)
{
	const struct block_cache_config config = {.pages_max = 64};
	uint64_t deadline = in_ns(60 * NS_PER_S);
	uint8_t bytes[512], seen[512] = {0};

	memset(bytes, 0x5a, sizeof(bytes));
	CHECK(!ram_disk_create(1 << 20, &ram) && !block_cache_open(ram, &config, &cache));
	EXPECT(!block_cache_write(cache, BLOCK_DATA, 8192, bytes, 512));
	EXPECT(!block_cache_write(cache, BLOCK_ENTRY, 512, bytes, 512));
	for (uint64_t sector = 1; sector <= 16; sector += 15) {
		while (memcmp(bytes, seen, 512) && clock_monotonic_ns() < deadline) {
			(void)thread_sleep_until(in_ns(NS_PER_S / 10));
			EXPECT(!block_transfer(ram, BLOCK_READ, sector, seen, 1));
		}
		EXPECT(!memcmp(bytes, seen, 512));
		memset(seen, 0, 512);
	}
	EXPECT(!block_cache_close(cache));
	ram_disk_destroy(ram);
}

TEST(cache, a_partition_is_a_device)
{
	static const uint8_t entry[16] = {[4] = 0x0c, [8] = 64, [13] = 1};
	uint8_t sector[512] = {0};
	struct block_device *part;

	memcpy(sector + 446, entry, 16);
	sector[510] = 0x55;
	sector[511] = 0xaa;
	CHECK(!ram_disk_create(1 << 20, &ram));
	EXPECT(!block_transfer(ram, BLOCK_WRITE, 0, sector, 1));
	EXPECT(partition_scan(ram) == 1);
	part = partition_at(ram, 0);
	EXPECT(part && part->first == 64 && part->sectors == 256);
	EXPECT(part && block_find("ram0p1") == part);
	EXPECT(part && !block_transfer(part, BLOCK_ZERO, 0, NULL, 256));
	partition_forget(ram);
	ram_disk_destroy(ram);
}
