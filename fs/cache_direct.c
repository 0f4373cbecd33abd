/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large transfers go between the device and the application's own pages, past the cache: nothing is
 * copied and nothing else falls out of the cache. Whole pages of the cache that follow each other;
 * for reading those that it does not have, for writing it forgets what it has. The application's
 * buffer may begin anywhere (at a multiple of 4, which every device can do).
 */

#include <arch/mmu.h>
#include <base/bits.h>
#include <fs/io.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/vm_pin.h>

#include "cache.h"

#define DIRECT_MAX  ((size_t)1 << 20) /* pinned at a time */
#define LOOK_MAX    64		      /* pages looked for with interrupts off */
#define DIRECT_UNIT 4		      /* of addresses */

struct pinned {
	const uint8_t *base;
	uint64_t *frames;
	size_t size;
};

/* Bytes of [at, at + size) that the cache has nothing of. */
static size_t absent(struct block_cache *cache, uint64_t at, size_t size)
{
	uint64_t first = cache_number(cache, at), number = first, end = first + size / PAGE_SIZE;
	bool found = false;

	while (number < end && !found) {
		uint64_t stop = MIN(end, number + LOOK_MAX);
		struct irq_state state = waitq_lock(&cache->queue);

		for (; number < stop; number++) {
			const struct cache_page *page = cache_find(cache, number);

			found = page && (page->valid || page->busy || page->writing);
			if (found)
				break;
		}
		waitq_unlock(&cache->queue, state);
	}
	return (number - first) * PAGE_SIZE;
}

/* Bytes from `done` on that lie in one piece of physical memory. */
static struct block_piece piece_at(const struct pinned *pinned, size_t done)
{
	uintptr_t start = (uintptr_t)pinned->base + done;
	size_t number = (start >> PAGE_SHIFT) - ((uintptr_t)pinned->base >> PAGE_SHIFT);
	uint64_t frame = pinned->frames[number];
	void *first = linear_address(frame);
	size_t len = PAGE_SIZE - (start & PAGE_MASK);

	while (len < pinned->size - done && pinned->frames[number + 1] == frame + PAGE_SIZE) {
		frame = pinned->frames[++number];
		len += PAGE_SIZE;
	}
	len = MIN(len, pinned->size - done);
	return (struct block_piece){(uint8_t *)first + (start & PAGE_MASK), (uint32_t)len};
}

/* As much as a request can hold, in whole blocks of the device. Returns the bytes. */
static size_t fill_request(const struct block_cache *cache, struct cache_io *io,
			   const struct pinned *pinned, size_t done)
{
	size_t block = cache->device->block, total = 0;
	size_t most = MIN(pinned->size - done, cache->device->sectors_max * (size_t)BLOCK_SECTOR);
	struct block_request *request = &io->request;
	size_t excess;

	while (total < most && request->piece_count < cache->io_pieces) {
		struct block_piece piece = piece_at(pinned, done + total);

		piece.len = (uint32_t)MIN((size_t)piece.len, most - total);
		io->piece[request->piece_count++] = piece;
		total += piece.len;
	}
	for (excess = total % block, total -= excess; excess;) {
		struct block_piece *last = &io->piece[request->piece_count - 1];
		size_t cut = MIN(excess, (size_t)last->len);

		last->len -= (uint32_t)cut;
		excess -= cut;
		request->piece_count -= !last->len;
	}
	request->count = total / BLOCK_SECTOR;
	return total;
}

/* All of it: 0 or the first error. */
static int transfer(struct block_cache *cache, enum block_op op, uint64_t at,
		    const struct pinned *pinned)
{
	struct cache_batch batch = {.cache = cache, .op = op, .may_wait = true};
	struct cache_direct direct = {0};
	struct irq_state state;

	for (size_t done = 0, now; done < pinned->size; done += now) {
		struct cache_io *io = cache_io_take(&batch);

		io->direct = &direct;
		io->request.sector = (at + done) / BLOCK_SECTOR;
		now = fill_request(cache, io, pinned, done);
		state = waitq_lock(&cache->queue);
		direct.out++;
		waitq_unlock(&cache->queue, state);

		block_submit(cache->device, &io->request);
	}
	block_kick(cache->device);
	state = waitq_lock(&cache->queue);
	while (direct.out)
		cache_wait(cache, &state);
	cache->stats.direct += direct.error ? 0 : pinned->size;
	waitq_unlock(&cache->queue, state);
	return direct.error;
}

static long move(struct block_cache *cache, bool write, uint64_t at, struct pinned *pinned)
{
	unsigned access = write ? PAGE_READ : PAGE_READ | PAGE_WRITE;
	uintptr_t base = (uintptr_t)pinned->base;
	struct vm_pin pin;
	int error;

	if (!vm_pin(&pin, base, pinned->size, access, pinned->frames))
		return 0;
	pinned->size = MIN(pinned->size, pin.end - base);
	pinned->size = align_down(pinned->size, PAGE_SIZE);
	error = 0;
	if (pinned->size && write)
		cache_forget_range(cache, at, pinned->size);
	if (pinned->size)
		error = transfer(cache, write ? BLOCK_WRITE : BLOCK_READ, at, pinned);
	vm_unpin(&pin);
	return error ? error : (long)pinned->size;
}

long cache_direct(struct block_cache *cache, bool write, uint64_t at, size_t size, struct io *io)
{
	struct pinned pinned = {.base = io->base};
	long moved;

	size = MIN(MIN(size, io->room), DIRECT_MAX);
	size = align_down(size, PAGE_SIZE);
	if (size < CACHE_DIRECT_MIN || io->kernel || cache_offset(cache, at))
		return 0;
	/* Two pieces have a block of the device between them, wherever the page's border is. */
	if ((uintptr_t)io->base % (cache->io_pieces > 1 ? DIRECT_UNIT : cache->device->block))
		return 0;
	pinned.size = write ? size : absent(cache, at, size);
	if (pinned.size < CACHE_DIRECT_MIN)
		return 0;
	pinned.frames = heap_alloc((pinned.size / PAGE_SIZE + 1) * sizeof(*pinned.frames));
	if (!pinned.frames)
		return 0;
	moved = move(cache, write, at, &pinned);
	heap_free(pinned.frames);
	if (moved > 0)
		io_moved(io, (size_t)moved);
	return moved;
}
