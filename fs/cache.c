/* SPDX-License-Identifier: BSD-2-Clause */
/* The block cache of a device: beginning and end, errors, figures. */
#include "cache.h"

#include <errno.h>

#include <base/bits.h>
#include <base/guard.h>
#include <mem/frame.h>
#include <mem/heap.h>

#define SHARE	  8		    /* one part in so many of memory, unasked ... */
#define NOTES	  16		    /* ... of which so much is for what is known of the pages */
#define TABLE_MAX ((size_t)1 << 16) /* chains of the hash table */

static size_t share(void)
{
	struct frame_stats stats;

	frame_stats(&stats);
	return stats.total / SHARE / NOTES * (NOTES - 1);
}

static bool is_possible(const struct block_device *device, const struct block_cache_config *config)
{
	return device->block >= BLOCK_SECTOR && device->block <= PAGE_SIZE &&
	       is_pow2(device->block) && !(config->grid % BLOCK_SECTOR) &&
	       device->sectors < UINT64_MAX / BLOCK_SECTOR - PAGE_SIZE;
}

static int prepare(struct block_cache *cache)
{
	size_t slots = MIN(TABLE_MAX, (size_t)1 << bit_log2_up(cache->pages_max));

	waitq_init(&cache->queue);
	mutex_init(&cache->commit_lock);
	mutex_init(&cache->write_lock);
	list_init(&cache->clean);
	list_init(&cache->dirty);
	list_init(&cache->ios);
	cache->unflushed = true; /* who wrote before may have left something */
	cache->table_mask = slots - 1;
	cache->table = heap_alloc_zeroed(slots * sizeof(*cache->table));
	if (!cache->table || cache_ios_make(cache))
		return -ENOMEM;
	return cache_flusher_start(cache);
}

static void free_all(struct block_cache *cache)
{
	struct irq_state state = waitq_lock(&cache->queue);
	struct list *lists[] = {&cache->clean, &cache->dirty};

	while (cache->reads_out || cache->writes_out)
		cache_wait(cache, &state);
	waitq_unlock(&cache->queue, state);
	for (unsigned i = 0; i < 2; i++)
		while (!list_empty(lists[i]))
			cache_forget(cache, LIST_FIRST(lists[i], struct cache_page, node));
	heap_free(cache->io_memory);
	heap_free(cache->table);
	heap_free(cache);
}

int block_cache_open(struct block_device *device, const struct block_cache_config *config,
		     struct block_cache **opened)
{
	struct block_cache *cache;
	int error;

	if (!is_possible(device, config))
		return -EINVAL;
	cache = heap_alloc_zeroed(sizeof(*cache));
	if (!cache)
		return -ENOMEM;
	cache->device = device;
	cache->config = *config;
	cache->granule = (uint8_t)(device->block / BLOCK_SECTOR);
	cache->sectors = device->sectors / cache->granule * cache->granule;
	if (!(config->grid % device->block))
		cache->shift = -config->grid & PAGE_MASK;
	cache->pages_max = MAX(CACHE_PAGES_MIN, config->pages_max ? config->pages_max : share());
	error = prepare(cache);
	if (error)
		free_all(cache);
	else
		*opened = cache;
	return error;
}

int block_cache_close(struct block_cache *cache)
{
	int error;

	cache_flusher_stop(cache);
	error = block_cache_commit(cache);
	free_all(cache);
	return error;
}

struct block_device *block_cache_device(struct block_cache *cache)
{
	return cache->device;
}

int cache_check(const struct block_cache *cache, uint64_t at, size_t size, bool write)
{
	uint64_t end = cache->sectors * BLOCK_SECTOR;

	if (write && cache->device->read_only)
		return -EROFS;
	return at > end || size > end - at ? -ENOSPC : 0;
}

void cache_failed(struct block_cache *cache, int error)
{
	cache->error_count++;
	cache->error = error;
	cache->stats.errors++;
}

void block_cache_failed(struct block_cache *cache, int error)
{
	struct irq_state state = waitq_lock(&cache->queue);

	cache_failed(cache, error);
	waitq_unlock(&cache->queue, state);
}

uint32_t block_cache_mark(struct block_cache *cache)
{
	return READ_ONCE(cache->error_count);
}

int block_cache_error(struct block_cache *cache, uint32_t *mark)
{
	struct irq_state state = waitq_lock(&cache->queue);
	int error = *mark == cache->error_count ? 0 : cache->error;

	*mark = cache->error_count;
	waitq_unlock(&cache->queue, state);
	return error;
}

/*
 * Write back where that is what fills the cache. Else there are pages that can go, once they have
 * arrived, are not used any more, or were passed over once.
 */
int cache_make_room(struct block_cache *cache, bool committing)
{
	struct irq_state state = waitq_lock(&cache->queue);
	size_t pages = cache->pages, dirty = cache->dirty_pages;
	bool data = cache->class_pages[BLOCK_DATA] > 0;

	if (dirty <= pages / 2 && cache->reads_out) {
		cache_wait(cache, &state);
		dirty = 0;
	}
	waitq_unlock(&cache->queue, state);
	if (!pages)
		return -ENOMEM;
	if (dirty <= pages / 2) {
		(void)thread_yield();
		return 0;
	}
	if (data) {
		GUARD(mutex, &cache->write_lock);
		return cache_write_back(cache, BLOCK_DATA, UINT64_MAX, cache->pages_max / 4);
	}
	if (committing)
		return cache_commit_locked(cache, BLOCK_REMOVAL);
	GUARD(mutex, &cache->commit_lock);
	return cache_commit_locked(cache, BLOCK_REMOVAL);
}

void block_cache_stats(struct block_cache *cache, struct block_cache_stats *stats)
{
	struct irq_state state = waitq_lock(&cache->queue);

	*stats = cache->stats;
	stats->pages = cache->pages;
	stats->pages_max = cache->pages_max;
	stats->dirty = cache->dirty_pages;
	waitq_unlock(&cache->queue, state);
}
