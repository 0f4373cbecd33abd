/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing into the block cache. A sector that waits in one class is brought to the medium before it
 * is written in another one; bytes that fill no sector need the rest of it.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/guard.h>
#include <fs/io.h>

#include "cache.h"

/* Sectors of the device's own blocks, of which `sectors` are some. */
static uint8_t blocks_of(const struct block_cache *cache, uint8_t sectors)
{
	unsigned granule = cache->granule;
	uint8_t all = 0;

	for (unsigned at = 0; at < PAGE_SECTORS; at += granule) {
		uint8_t block = (uint8_t)((CACHE_ALL >> (PAGE_SECTORS - granule)) << at);

		if (sectors & block)
			all |= block;
	}
	return all;
}

/* What of `sectors` waits in other classes than `class`; *other is the first of them. */
static uint8_t elsewhere(const struct cache_page *page, enum block_class class, uint8_t sectors,
			 enum block_class *other)
{
	for (unsigned c = 0; c < BLOCK_CLASSES; c++) {
		uint8_t found = page->dirty[c] & sectors;

		*other = (enum block_class)c;
		if (*other != class && found)
			return found;
	}
	return 0;
}

/* One try to make a page ready for bytes [start, end). -EAGAIN: look again. No lock. */
static int prepare(struct block_cache *cache, struct cache_page *page, enum block_class class,
		   size_t start, size_t end)
{
	uint8_t touched = blocks_of(cache, cache_touched(start, end)), missing;
	uint8_t whole = (uint8_t)~blocks_of(cache, touched & (uint8_t)~cache_whole(start, end));
	struct irq_state state = waitq_lock(&cache->queue);
	enum block_class other = class;
	struct cache_page *same;
	int error = 0;

	/* Data may change on its way; the others are what they are. */
	if (page->busy & touched || (class != BLOCK_DATA && page->writing)) {
		cache_wait(cache, &state);
		error = -EAGAIN;
	}
	missing = touched & (uint8_t) ~(page->valid | whole);
	if (!error && !missing && !elsewhere(page, class, touched, &other)) {
		page->busy |= touched & (uint8_t)~page->valid;
		waitq_unlock(&cache->queue, state);
		return 0;
	}
	waitq_unlock(&cache->queue, state);
	if (error)
		return error;
	if (missing) {
		error = cache_get(cache, page->number, missing, 1, class != BLOCK_DATA, &same);
		if (!error)
			cache_put(same);
	} else if (other == BLOCK_DATA) {
		error = cache_write_page(cache, page);
	} else if (class == BLOCK_DATA) {
		GUARD(mutex, &cache->commit_lock);
		error = cache_commit_locked(cache, other);
	} else {
		error = cache_commit_locked(cache, other);
	}
	return error ? error : -EAGAIN;
}

/* The page, ready for bytes [start, end), one user more. What was not valid of them is busy. */
static int open_page(struct block_cache *cache, uint64_t number, enum block_class class,
		     size_t start, size_t end, struct cache_page **found)
{
	struct cache_page *page;
	int error;

	error = cache_get(cache, number, 0, 1, class != BLOCK_DATA, &page);
	if (error)
		return error;
	do
		error = prepare(cache, page, class, start, end);
	while (error == -EAGAIN);
	*found = page;
	if (error)
		cache_put(page);
	return error;
}

/*
 * Bytes [start, end) of a page are there, of the [start, wanted) it was made ready for. Returns how
 * many behind the last sector that counts do not, because the rest of their sector is not known.
 */
static size_t close_page(struct block_cache *cache, struct cache_page *page, enum block_class class,
			 size_t start, size_t end, size_t wanted)
{
	struct irq_state state = waitq_lock(&cache->queue);
	uint8_t ready = blocks_of(cache, cache_touched(start, wanted));
	uint8_t claimed = ready & page->busy & (uint8_t)~page->valid, written = 0;
	size_t lost = 0, block = cache->granule * BLOCK_SECTOR;

	if (end != wanted && end > start && claimed & cache_touched(end - 1, end)) {
		lost = end - MAX(start, align_down(end, block));
		end -= lost;
	}
	if (end > start)
		written = blocks_of(cache, cache_touched(start, end));
	page->busy &= (uint8_t)~claimed;
	page->valid |= claimed & written;
	if (written)
		cache_set_dirty(cache, page, class, written);
	if (waitq_first(&cache->queue))
		waitq_wake(&cache->queue, 0, SIZE_MAX);
	waitq_unlock(&cache->queue, state);
	cache_put(page);
	return lost;
}

/* Not more may wait than leaves room for others. */
static int throttle(struct block_cache *cache, enum block_class class)
{
	int error;

	if (READ_ONCE(cache->dirty_pages) <= CACHE_DIRTY(cache->pages_max))
		return 0;
	if (READ_ONCE(cache->class_pages[BLOCK_DATA])) {
		GUARD(mutex, &cache->write_lock);
		if (READ_ONCE(cache->dirty_pages) <= CACHE_DIRTY(cache->pages_max))
			return 0;
		error = cache_write_back(cache, BLOCK_DATA, UINT64_MAX, cache->pages_max / 4);
	} else if (class == BLOCK_DATA) {
		GUARD(mutex, &cache->commit_lock);
		error = cache_commit_locked(cache, BLOCK_REMOVAL);
	} else {
		error = cache_commit_locked(cache, BLOCK_REMOVAL);
	}
	/* What cannot be written waits for better times while there is room. */
	return READ_ONCE(cache->dirty_pages) > cache->pages_max / 4 * 3 ? error : 0;
}

/* Bytes in one page of the cache. 0 or an error. */
static int write_page(struct block_cache *cache, enum block_class class, uint64_t at, size_t size,
		      struct io *io, size_t *moved)
{
	size_t start = cache_offset(cache, at), chunk = MIN(size, PAGE_SIZE - start);
	struct cache_page *page;
	int error = throttle(cache, class);

	if (!error)
		error = open_page(cache, cache_number(cache, at), class, start, start + chunk,
				  &page);
	if (error)
		return error;
	*moved = io_in(io, page->data + start, chunk);
	io->done -= close_page(cache, page, class, start, start + *moved, start + chunk);
	return 0;
}

int block_cache_write_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io)
{
	int error = cache_check(cache, at, size, true);

	size = MIN(size, io->left);
	while (size && !error && !io->fault) {
		size_t moved = 0;

		if (size >= CACHE_DIRECT_MIN) {
			long direct = cache_direct(cache, true, at, size, io);

			error = direct < 0 ? (int)direct : 0;
			moved = direct > 0 ? (size_t)direct : 0;
		}
		if (!moved && !error)
			error = write_page(cache, BLOCK_DATA, at, size, io, &moved);
		at += moved;
		size -= moved;
	}
	return error;
}

/* From the kernel's memory, without the direct way, as block_cache_read(). */
int block_cache_write(struct block_cache *cache, enum block_class class, uint64_t at,
		      const void *from, size_t size)
{
	int error = cache_check(cache, at, size, true);
	struct io io;

	io_kernel(&io, (void *)(uintptr_t)from, size);
	if (class != BLOCK_DATA)
		mutex_lock(&cache->commit_lock);
	for (size_t moved; size && !error; at += moved, size -= moved) {
		moved = 0;
		error = write_page(cache, class, at, size, &io, &moved);
	}
	if (class != BLOCK_DATA)
		mutex_unlock(&cache->commit_lock);
	return error;
}

int block_cache_zero(struct block_cache *cache, uint64_t at, size_t size)
{
	int error = cache_check(cache, at, size, true);

	while (size && !error) {
		size_t start = cache_offset(cache, at), chunk = MIN(size, PAGE_SIZE - start);
		struct cache_page *page;

		error = throttle(cache, BLOCK_DATA);
		if (error)
			break;
		error = open_page(cache, cache_number(cache, at), BLOCK_DATA, start, start + chunk,
				  &page);
		if (error)
			break;
		memset(page->data + start, 0, chunk);
		close_page(cache, page, BLOCK_DATA, start, start + chunk, start + chunk);
		at += chunk;
		size -= chunk;
	}
	return error;
}

/*
 * Forget sectors of a page, which is made if `make` says so. NULL: it is not there. What is on the
 * way arrives first. queue.lock is held.
 */
static struct cache_page *forget_sectors(struct block_cache *cache, uint64_t number,
					 uint8_t sectors, bool make, struct irq_state *state)
{
	struct cache_page *page;

	while ((page = make ? cache_make(cache, number) : cache_find(cache, number)) &&
	       (page->busy | page->writing) & sectors)
		cache_wait(cache, state);
	if (!page)
		return NULL;
	page->valid &= (uint8_t)~sectors;
	if (!(cache_dirty(page) & sectors))
		return page;
	for (unsigned c = 0; c < BLOCK_CLASSES; c++)
		cache_clear_dirty(cache, page, (enum block_class)c, sectors);
	cache_settle(cache, page);
	return page;
}

static void forget(struct block_cache *cache, uint64_t at, size_t size, bool zeros)
{
	for (size_t chunk; size; at += chunk, size -= chunk) {
		size_t start = cache_offset(cache, at);
		struct irq_state state = waitq_lock(&cache->queue);
		struct cache_page *page;

		chunk = MIN(size, PAGE_SIZE - start);
		page = forget_sectors(cache, cache_number(cache, at),
				      cache_whole(start, start + chunk), zeros, &state);
		if (page && zeros) {
			memset(page->data + start, 0, chunk);
			page->valid |= cache_whole(start, start + chunk);
		}
		waitq_unlock(&cache->queue, state);
	}
}

void cache_forget_range(struct block_cache *cache, uint64_t at, size_t size)
{
	forget(cache, at, size, false);
}

static bool is_whole(uint64_t at, size_t size)
{
	return !((at | size) % BLOCK_SECTOR);
}

void block_cache_fresh(struct block_cache *cache, uint64_t at, size_t size)
{
	if (is_whole(at, size) && !cache_check(cache, at, size, true))
		forget(cache, at, size, true);
}

void block_cache_drop(struct block_cache *cache, uint64_t at, size_t size)
{
	if (is_whole(at, size) && !cache_check(cache, at, size, false))
		forget(cache, at, size, false);
}
