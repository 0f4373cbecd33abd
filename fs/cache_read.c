/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading through the block cache: what is missing comes in runs, and early if read in order. */
#include <errno.h>

#include <base/bits.h>
#include <fs/io.h>

#include "cache.h"

#define AHEAD_FIRST ((uint64_t)32 << 10)
#define AHEAD_MAX   ((uint64_t)1 << 20)

/*
 * The sectors of a page that have to be read, which become busy. *page: NULL, there is no room.
 */
static uint8_t claim(struct block_cache *cache, uint64_t number, struct cache_page **page)
{
	struct irq_state state = waitq_lock(&cache->queue);
	uint8_t sectors = 0;

	*page = cache_make(cache, number);
	if (*page && (uint8_t) ~((*page)->valid | (*page)->busy)) {
		sectors = cache_exists(cache, number) & (uint8_t) ~((*page)->valid | (*page)->busy);
		(*page)->busy |= sectors;
		(*page)->error = 0;
	}
	waitq_unlock(&cache->queue, state);
	return sectors;
}

static void unclaim(struct block_cache *cache, struct cache_page *page, uint8_t sectors)
{
	struct irq_state state = waitq_lock(&cache->queue);

	page->busy &= (uint8_t)~sectors;
	waitq_wake(&cache->queue, 0, SIZE_MAX);
	waitq_unlock(&cache->queue, state);
}

void cache_read_begin(struct block_cache *cache, uint64_t first, uint64_t end, bool waited)
{
	struct cache_batch batch = {.cache = cache, .op = BLOCK_READ, .may_wait = waited};
	uint64_t number = first;

	for (; number < end; number++) {
		struct cache_page *page;
		uint8_t sectors = claim(cache, number, &page), left;

		if (!page)
			break;
		left = sectors ? cache_batch_add(&batch, page, sectors) : 0;
		if (left) {
			unclaim(cache, page, left);
			break;
		}
	}
	cache_batch_end(&batch);
	if (!waited)
		__atomic_fetch_add(&cache->stats.ahead, number - first, __ATOMIC_RELAXED);
}

/* Wait for sectors of a page that the caller uses. queue.lock is held. */
static int await(struct block_cache *cache, struct cache_page *page, uint8_t sectors, size_t run,
		 struct irq_state *state)
{
	unsigned tries = 0;

	cache->stats.misses++;
	while (sectors & ~page->valid) {
		if (page->busy & sectors) {
			cache_wait(cache, state);
			continue;
		}
		/* A long request may have failed for another page's sake. */
		if (tries == 2)
			return page->error ? page->error : -EIO;
		waitq_unlock(&cache->queue, *state);
		cache_read_begin(cache, page->number, page->number + (tries++ ? 1 : run), true);
		*state = waitq_lock(&cache->queue);
	}
	return 0;
}

/* A page that may not be there. */
static NOINLINE int get_slowly(struct block_cache *cache, uint64_t number, uint8_t sectors,
			       size_t run, bool committing, struct cache_page **found)
{
	struct irq_state state = waitq_lock(&cache->queue);
	struct cache_page *page;
	int error = 0;

	while (!(page = cache_make(cache, number))) {
		waitq_unlock(&cache->queue, state);
		error = cache_make_room(cache, committing);
		if (error)
			return error;
		state = waitq_lock(&cache->queue);
	}
	__atomic_fetch_add(&page->users, 1, __ATOMIC_RELAXED);
	if (sectors & ~page->valid)
		error = await(cache, page, sectors, MIN(run, (size_t)cache->io_pages), &state);

	page->referenced = true;
	waitq_unlock(&cache->queue, state);
	*found = page;
	if (error)
		cache_put(page);
	return error;
}

int cache_get(struct block_cache *cache, uint64_t number, uint8_t sectors, size_t run,
	      bool committing, struct cache_page **found)
{
	struct irq_state state = waitq_lock(&cache->queue);
	struct cache_page *page = cache_find(cache, number);

	if (UNLIKELY(!page || sectors & ~page->valid)) {
		waitq_unlock(&cache->queue, state);
		return get_slowly(cache, number, sectors, run, committing, found);
	}
	__atomic_fetch_add(&page->users, 1, __ATOMIC_RELAXED);
	page->referenced = true;
	cache->stats.hits += sectors != 0;
	waitq_unlock(&cache->queue, state);
	*found = page;
	return 0;
}

/* Bytes in one page of the cache; `size` more are wanted from there on. 0 or an error. */
static int read_page(struct block_cache *cache, uint64_t at, size_t size, struct io *io,
		     size_t *moved)
{
	size_t offset = cache_offset(cache, at), chunk = MIN(size, PAGE_SIZE - offset);
	uint64_t number = cache_number(cache, at);
	struct cache_page *page;
	int error = cache_get(cache, number, cache_touched(offset, offset + chunk),
			      cache_number(cache, at + size - 1) - number + 1, false, &page);

	if (error)
		return error;
	*moved = io_out(io, page->data + offset, chunk);
	cache_put(page);
	return 0;
}

int block_cache_read_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io)
{
	int error = cache_check(cache, at, size, false);
	bool may_direct = true;

	size = MIN(size, io->left);
	while (size && !error && !io->fault) {
		size_t moved = 0;

		if (size >= CACHE_DIRECT_MIN && may_direct) {
			long direct = cache_direct(cache, false, at, size, io);

			/* Where it fails, page by page shows how far can be read. */
			may_direct = direct >= 0;
			moved = direct > 0 ? (size_t)direct : 0;
		}
		if (!moved)
			error = read_page(cache, at, size, io, &moved);
		at += moved;
		size -= moved;
	}
	return error;
}

/* To the kernel's memory, without the direct way, so that who only mounts does not have that. */
int block_cache_read(struct block_cache *cache, uint64_t at, void *to, size_t size)
{
	int error = cache_check(cache, at, size, false);
	struct io io;

	io_kernel(&io, to, size);
	for (size_t moved; size && !error; at += moved, size -= moved) {
		moved = 0;
		error = read_page(cache, at, size, &io, &moved);
	}
	return error;
}

/* The pages of a range, but no more than the cache can do something good with. */
static void begin(struct block_cache *cache, uint64_t at, uint64_t size)
{
	uint64_t first = cache_number(cache, at), end = cache_number(cache, at + size - 1) + 1;

	if (size && !cache_check(cache, at, size, false))
		cache_read_begin(cache, first, MIN(end, first + cache->pages_max / 2), false);
}

void block_cache_prefetch(struct block_cache *cache, uint64_t at, size_t size)
{
	begin(cache, at, size);
}

/* How far all is there from a place on, up to some pages. A hint. */
static uint64_t known_end(struct block_cache *cache, uint64_t at)
{
	uint64_t number = cache_number(cache, at), first = number;
	struct irq_state state = waitq_lock(&cache->queue);

	for (; number - first < AHEAD_FIRST / PAGE_SIZE; number++) {
		const struct cache_page *page = cache_find(cache, number);

		if (!page || page->valid != CACHE_ALL)
			break;
	}
	waitq_unlock(&cache->queue, state);
	return at + (number - first) * PAGE_SIZE;
}

void block_cache_ahead(struct block_cache *cache, struct block_ahead *ahead, uint64_t at,
		       size_t size, uint64_t end)
{
	uint64_t most = MIN(AHEAD_MAX, cache->pages_max / 4 * PAGE_SIZE), stop = at + size;
	bool in_order = at == ahead->next;

	ahead->next = stop;
	/* A large read takes its own way. */
	if (!in_order || !size || (size >= CACHE_DIRECT_MIN && !cache_offset(cache, at))) {
		ahead->window = 0;
		ahead->ready = 0;
		return;
	}
	ahead->ready = MAX(ahead->ready, at);
	/* It begins where the cache ends: a file that is read again costs next to nothing here. */
	if (!ahead->window && ahead->ready <= stop && stop < end)
		ahead->ready = MAX(ahead->ready, known_end(cache, stop));
	if (ahead->ready >= end ||
	    (ahead->ready > stop && ahead->ready - stop >= ahead->window / 2))
		return;
	ahead->window = (uint32_t)MIN(most, MAX(ahead->window * UINT64_C(2), AHEAD_FIRST));
	stop = MIN(end, stop + ahead->window);
	if (stop > ahead->ready)
		begin(cache, ahead->ready, stop - ahead->ready);
	ahead->ready = MAX(stop, ahead->ready);
}
