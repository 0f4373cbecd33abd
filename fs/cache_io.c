/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of the block cache. Runs of sectors that follow each other on the device become one
 * request, however their pages lie in memory; all requests of a batch are announced to the device
 * at once.
 */
#include <errno.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <mem/heap.h>

#include "cache.h"

/* All in one block: a cache in 4 MiB of memory has smaller requests. */
int cache_ios_make(struct block_cache *cache)
{
	size_t pages = MIN(CACHE_RUN_MAX, cache->pages_max / 4);
	size_t pieces = MIN((size_t)cache->device->pieces_max, pages), size;
	uint8_t *at;

	cache->io_pages = (unsigned)pages;
	cache->io_pieces = (unsigned)pieces;
	size = sizeof(struct cache_io) + pages * sizeof(struct cache_page *) +
	       pieces * sizeof(struct block_piece);
	size = align_up(size, sizeof(uint64_t));
	at = cache->io_memory = heap_alloc_zeroed(size * CACHE_IOS);
	if (!at)
		return -ENOMEM;
	for (unsigned i = 0; i < CACHE_IOS; i++, at += size) {
		struct cache_io *io = (struct cache_io *)at;

		io->cache = cache;
		io->page = (struct cache_page **)(io + 1);
		io->piece = (struct block_piece *)(io->page + pages);
		list_push_back(&cache->ios, &io->node);
	}
	return 0;
}

void cache_wait(struct block_cache *cache, struct irq_state *state)
{
	(void)waitq_sleep_through(&cache->queue, state, 0, DEADLINE_NEVER);
}

static uint8_t sectors_at_end(const struct cache_io *io, const struct cache_page *page)
{
	uint64_t first = page->number * PAGE_SECTORS, end = io->sector + io->request.count;
	unsigned from = io->sector > first ? (unsigned)(io->sector - first) : 0;
	unsigned to = end - first < PAGE_SECTORS ? (unsigned)(end - first) : PAGE_SECTORS;

	return cache_touched(from * BLOCK_SECTOR, to * BLOCK_SECTOR);
}

/* What of its i-th page a request has: all but the first and the last are whole. */
static ALWAYS_INLINE uint8_t sectors_of(const struct cache_io *io, unsigned i)
{
	return i && i + 1 < io->pages ? CACHE_ALL : sectors_at_end(io, io->page[i]);
}

static void read_done(struct cache_io *io, int error)
{
	for (unsigned i = 0; i < io->pages; i++) {
		struct cache_page *page = io->page[i];
		uint8_t sectors = sectors_of(io, i);

		page->busy &= (uint8_t)~sectors;
		if (error)
			page->error = (int16_t)error;
		else
			page->valid |= sectors;
	}
}

static void write_done(struct cache_io *io, int error)
{
	struct block_cache *cache = io->cache;

	for (unsigned i = 0; i < io->pages; i++) {
		struct cache_page *page = io->page[i];
		uint8_t sectors = sectors_of(io, i);

		if (error)
			cache_set_dirty(cache, page, io->class, sectors & page->valid);
		page->writing &= (uint8_t)~sectors;
		cache_settle(cache, page);
	}
	if (error) {
		cache->write_error = error;
		cache_failed(cache, error);
	}
}

/* Whoever asked tells of the error. */
static void direct_done(struct cache_io *io, int error)
{
	struct cache_direct *direct = io->direct;

	if (error)
		direct->error = error;
	direct->out--;
}

static void io_done(struct block_request *request)
{
	struct cache_io *io = request->owner;
	struct block_cache *cache = io->cache;
	struct irq_state state = waitq_lock(&cache->queue);

	if (request->op == BLOCK_WRITE)
		cache->unflushed = true;
	if (io->direct)
		direct_done(io, request->error);
	else if (request->op == BLOCK_READ)
		read_done(io, request->error);
	else
		write_done(io, request->error);
	*(request->op == BLOCK_READ ? &cache->reads_out : &cache->writes_out) -= 1;
	list_push_front(&cache->ios, &io->node);
	if (waitq_first(&cache->queue))
		waitq_wake(&cache->queue, 0, SIZE_MAX);
	waitq_unlock(&cache->queue, state);
}

struct cache_io *cache_io_take(struct cache_batch *batch)
{
	struct block_cache *cache = batch->cache;
	struct irq_state state = waitq_lock(&cache->queue);
	struct cache_io *io;
	struct list *node;

	while (!(node = list_pop_front(&cache->ios)) && batch->may_wait) {
		waitq_unlock(&cache->queue, state);
		block_kick(cache->device);
		state = waitq_lock(&cache->queue);
		if (list_empty(&cache->ios))
			cache_wait(cache, &state);
	}
	if (node) {
		*(batch->op == BLOCK_READ ? &cache->reads_out : &cache->writes_out) += 1;
		cache->stats.requests++;
		if (batch->op == BLOCK_WRITE)
			cache->unflushed = true;
	}
	waitq_unlock(&cache->queue, state);
	if (!node)
		return NULL;
	io = LIST_ENTRY(node, struct cache_io, node);
	io->request = (struct block_request){
		.op = batch->op, .pieces = io->piece, .done = io_done, .owner = io};
	io->pages = 0;
	io->direct = NULL;
	return io;
}

static void submit(struct cache_batch *batch)
{
	struct cache_io *io = batch->io;

	if (!io)
		return;
	batch->io = NULL;
	block_submit(batch->cache->device, &io->request);
}

/* Room for a piece at `address` behind what the request has. */
static bool fits(const struct cache_batch *batch, const struct cache_page *page,
		 const uint8_t *address, size_t count)
{
	const struct cache_io *io = batch->io;
	const struct block_piece *last = &io->piece[io->request.piece_count - 1];

	if (io->request.count + count > batch->cache->device->sectors_max)
		return false;
	if (io->pages == batch->cache->io_pages && io->page[io->pages - 1] != page)
		return false;
	return io->request.piece_count < batch->cache->io_pieces ||
	       (uint8_t *)last->address + last->len == address;
}

static void append(struct cache_io *io, struct cache_page *page, uint8_t *address, size_t count)
{
	struct block_piece *next = &io->piece[io->request.piece_count];
	uint32_t len = (uint32_t)(count * BLOCK_SECTOR);

	if (io->request.piece_count && (uint8_t *)next[-1].address + next[-1].len == address) {
		next[-1].len += len;
	} else {
		*next = (struct block_piece){address, len};
		io->request.piece_count++;
	}
	io->request.count += count;
	if (!io->pages || io->page[io->pages - 1] != page)
		io->page[io->pages++] = page;
}

/* A run of a page's sectors. False: no request is free. */
static bool add_run(struct cache_batch *batch, struct cache_page *page, unsigned first,
		    unsigned count)
{
	struct block_cache *cache = batch->cache;
	uint64_t sector = page->number * PAGE_SECTORS + first;
	uint8_t *address = page->data + first * BLOCK_SECTOR;

	if (batch->io && (batch->next_sector != sector || !fits(batch, page, address, count)))
		submit(batch);
	if (!batch->io) {
		struct cache_io *io = cache_io_take(batch);

		if (!io)
			return false;
		io->request.sector = sector - cache->shift / BLOCK_SECTOR;
		io->sector = sector;
		io->class = batch->class;
		batch->io = io;
	}
	append(batch->io, page, address, count);
	batch->next_sector = sector + count;
	return true;
}

uint8_t cache_batch_add(struct cache_batch *batch, struct cache_page *page, uint8_t sectors)
{
	while (sectors) {
		unsigned first = bit_lowest(sectors),
			 count = bit_lowest(~((unsigned)sectors >> first));

		count = MIN(count, batch->cache->device->sectors_max);
		if (!add_run(batch, page, first, count))
			break;
		sectors &= (uint8_t) ~(
			cache_touched(first * BLOCK_SECTOR, (first + count) * BLOCK_SECTOR));
	}
	return sectors;
}

void cache_batch_end(struct cache_batch *batch)
{
	submit(batch);
	block_kick(batch->cache->device);
}
