/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the block cache: finding, making, and giving up the one that nobody asked for longest
 * (a page that was asked for since it was looked at last gets a second chance). queue.lock is held
 * everywhere.
 */
#include <base/bits.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include "cache.h"

#define LOOK_MAX 64 /* pages looked at with interrupts off */

/* Memory that stays free for others: a cache that is not full yet does not take the last of it. */
#define FREE_FRAMES_MIN 64

/* Of all caches. */
static size_t pages_of_all;

static struct cache_page **slot_of(struct block_cache *cache, uint64_t number)
{
	return &cache->table[number & cache->table_mask];
}

static void unhash(struct block_cache *cache, struct cache_page *page)
{
	struct cache_page **link = slot_of(cache, page->number);

	while (*link != page)
		link = &(*link)->chain;
	*link = page->chain;
}

static bool may_go(const struct cache_page *page)
{
	return !__atomic_load_n(&page->users, __ATOMIC_ACQUIRE) && !page->busy && !page->writing;
}

/* A page that can serve another number, off its list and out of the table. */
static struct cache_page *take_oldest(struct block_cache *cache)
{
	for (unsigned i = 0; i < LOOK_MAX && !list_empty(&cache->clean); i++) {
		struct cache_page *page = LIST_FIRST(&cache->clean, struct cache_page, node);

		list_remove(&page->node);
		if (may_go(page) && !page->referenced) {
			unhash(cache, page);
			return page;
		}
		page->referenced = false;
		list_push_back(&cache->clean, &page->node);
	}
	return NULL;
}

/* Unasked, all caches together keep to the share that one may have. */
STATIC_ASSERT(sizeof(struct cache_page) + 2 * sizeof(void *) < PAGE_SIZE / 32);
static bool share_is_used(const struct block_cache *cache)
{
	return __atomic_load_n(&pages_of_all, __ATOMIC_RELAXED) >= cache->pages_max;
}

static struct cache_page *take_new(struct block_cache *cache)
{
	struct cache_page *page;
	uint64_t frame;

	if (cache->pages >= cache->pages_max)
		return NULL;
	if (cache->pages >= CACHE_PAGES_MIN && (frame_free_count() < FREE_FRAMES_MIN ||
						(!cache->config.pages_max && share_is_used(cache))))
		return NULL;
	frame = frame_alloc();
	if (!frame)
		return NULL;
	page = heap_alloc(sizeof(*page));
	if (!page) {
		frame_free(frame);
		return NULL;
	}
	page->data = linear_address(frame);
	cache->pages++;
	__atomic_fetch_add(&pages_of_all, 1, __ATOMIC_RELAXED);
	return page;
}

struct cache_page *cache_make(struct block_cache *cache, uint64_t number)
{
	struct cache_page *page = cache_find(cache, number), **slot;

	if (page)
		return page;
	page = take_new(cache);
	if (!page)
		page = take_oldest(cache);
	if (!page)
		return NULL;
	slot = slot_of(cache, number);
	*page = (struct cache_page){.chain = *slot, .number = number, .data = page->data};
	*slot = page;
	list_push_back(&cache->clean, &page->node);
	return page;
}

void cache_forget(struct block_cache *cache, struct cache_page *page)
{
	unhash(cache, page);
	list_remove(&page->node);
	frame_free(linear_physical(page->data));
	heap_free(page);
	cache->pages--;
	__atomic_fetch_sub(&pages_of_all, 1, __ATOMIC_RELAXED);
}

void cache_settle(struct block_cache *cache, struct cache_page *page)
{
	if (cache_dirty(page) || page->writing)
		return;
	list_remove(&page->node);
	list_push_back(&cache->clean, &page->node);
	cache->dirty_pages--;
}

/* The dirty list has its stamps in order; pages that are only being written are anywhere. */
void cache_set_dirty(struct block_cache *cache, struct cache_page *page, enum block_class class,
		     uint8_t sectors)
{
	if (!sectors)
		return;
	if (!cache_dirty(page)) {
		cache->dirty_pages += !page->writing;
		list_remove(&page->node);
		list_push_back(&cache->dirty, &page->node);
		page->stamp = ++cache->stamp;
	}
	if (class != BLOCK_DATA && !cache_metadata(cache))
		cache->metadata_stamp = cache->stamp;
	cache->class_pages[class] += !page->dirty[class];
	page->dirty[class] |= sectors;
	if (!READ_ONCE(cache->ticking))
		cache_flusher_wake(cache);
}

void cache_clear_dirty(struct block_cache *cache, struct cache_page *page, enum block_class class,
		       uint8_t sectors)
{
	if (!(page->dirty[class] & sectors))
		return;
	page->dirty[class] &= (uint8_t)~sectors;
	if (!page->dirty[class])
		cache->class_pages[class]--;
}

uint8_t cache_exists(const struct block_cache *cache, uint64_t number)
{
	uint64_t ahead = cache->shift / BLOCK_SECTOR, first = number * PAGE_SECTORS;
	uint64_t behind = ahead + cache->sectors;
	unsigned from = first < ahead ? (unsigned)(ahead - first) : 0, to = PAGE_SECTORS;

	if (first + PAGE_SECTORS > behind)
		to = first < behind ? (unsigned)(behind - first) : 0;
	return from < to ? cache_touched(from * BLOCK_SECTOR, to * BLOCK_SECTOR) : 0;
}
