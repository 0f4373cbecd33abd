/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc() and free(): blocks go from and to the calling thread's own store. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "heap.h"

static _Thread_local struct cache *own;

/* Of threads that ended. */
static struct malloc_lock spare_lock;
static struct cache *spare;

struct cache *cache_start(void)
{
	struct cache *cache;

	malloc_lock(&spare_lock);
	cache = spare;
	if (cache)
		spare = cache->next;
	malloc_unlock(&spare_lock);
	if (!cache && heap_start() && chunk_pages_free(1)) {
		cache = mmap(NULL, sizeof(*cache), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (cache == MAP_FAILED)
			return NULL;
		cache->heap = malloc_heap;
		for (unsigned kind = 1; kind < CLASSES; kind++) {
			unsigned size = malloc_classes[kind].size;
			unsigned limit = kind < CLASS_RUN ? 8192 / size : 0;

			cache->bins[kind].size = (uint16_t)size;
			cache->bins[kind].limit = (uint16_t)(limit > BIN_SLOTS ? BIN_SLOTS
							     : limit < 2       ? 2
									       : limit);
		}
	}
	own = cache;
	return cache;
}

/* A thread is past its last destructor (posix/libc/pthread_create.c): its blocks are for others. */
MALLOC_HIDDEN void __thread_memory_release(void)
{
	struct cache *cache = own;

	if (!cache)
		return;
	own = NULL;
	for (unsigned kind = 1; kind < CLASSES; kind++) {
		struct bin *bin = &cache->bins[kind];

		span_give(kind, bin->slots, bin->count);
		bin->count = 0;
	}
	malloc_lock(&spare_lock);
	cache->next = spare;
	spare = cache;
	malloc_unlock(&spare_lock);
}

/* The last block of a bin becomes the caller's, with so many bytes of slack. */
static inline void *hand_out(const struct cache *cache, struct bin *bin, unsigned count,
			     size_t size, size_t slack)
{
	uintptr_t slot = bin->slots[--count];
	uint8_t *block = block_of(&cache->heap, slot);

	bin->count = (uint16_t)count;
	cache->heap.marks[slot] = (uint8_t)slack;
	block[size] = cache->heap.canary;
	return block;
}

static unsigned class_of(size_t size)
{
	unsigned kind = CLASS_MEDIUM;

	if (size <= MALLOC_OURS_MAX)
		return malloc_class_of[(size + GRANULE) / GRANULE];
	while (kind < CLASS_RUN && malloc_classes[kind].size <= size)
		kind++;
	return kind;
}

static void *hand_out_large(uintptr_t slot, size_t size)
{
	uint8_t *block = block_of(&malloc_heap, slot);

	large_size_set(&malloc_heap, slot, size);
	block[size] = malloc_heap.canary;
	return block;
}

static void *malloc_run(size_t size)
{
	uint32_t slot = run_take(size);

	return slot ? hand_out_large(slot, size) : __libc_malloc_impl(size);
}

static __attribute__((__noinline__)) void *malloc_slowly(size_t size)
{
	struct cache *cache = own;
	struct bin *bin;
	unsigned kind;

	if (size > MALLOC_LARGE_MAX || (!cache && !(cache = cache_start())))
		return __libc_malloc_impl(size);
	kind = class_of(size);
	if (kind == CLASS_RUN)
		return malloc_run(size);
	bin = &cache->bins[kind];
	if (!bin->count)
		bin->count = (uint16_t)span_take(kind, bin->slots, (bin->limit + 1u) / 2);
	if (!bin->count) {
		errno = ENOMEM;
		return NULL;
	}
	if (kind >= CLASS_MEDIUM)
		return hand_out_large(bin->slots[--bin->count], size);
	return hand_out(cache, bin, bin->count, size, bin->size - size);
}

void *malloc(size_t size)
{
	struct cache *cache = own;

	if (__builtin_expect(size <= MALLOC_OURS_MAX && cache, 1)) {
		struct bin *bin = &cache->bins[malloc_class_of[(size + GRANULE) / GRANULE]];

		unsigned count = bin->count;

		if (__builtin_expect(count != 0, 1))
			return hand_out(cache, bin, count, size, bin->size - size);
	}
	return malloc_slowly(size);
}

/* Not a block of ours in use, or one that was written past its end. */
static _Noreturn void free_wrongly(void *block, unsigned mark)
{
	if (mark == MARK_CACHED || mark == MARK_FREE)
		malloc_report("double free", block);
	if (mark == MARK_NONE)
		malloc_report("free of what malloc did not give", block);
	malloc_report("a write past the end of a block, seen when it was freed", block);
}

/*
 * What free() does not do at once: blocks of musl's, errors, and a thread that keeps too many
 * blocks, or nothing yet.
 */
static __attribute__((__noinline__)) void free_slowly(void *block)
{
	const struct heap *heap = &malloc_heap;
	uintptr_t offset = (uintptr_t)block - heap->base;
	uint32_t slot = (uint32_t)(offset / GRANULE);
	struct cache *cache = own;
	unsigned mark, kind, half;
	struct bin *bin;
	size_t size;

	if (offset >= heap->slots * GRANULE) {
		__libc_free(block);
		return;
	}
	mark = offset % GRANULE ? MARK_NONE : heap->marks[slot];
	kind = heap->classes[slot / SPAN_SLOTS];
	if (mark - 1u >= MARK_SLACK && mark != MARK_LARGE)
		free_wrongly(block, mark);
	size = mark == MARK_LARGE ? large_size(heap, slot) : malloc_classes[kind].size - mark;
	if (((uint8_t *)block)[size] != heap->canary)
		free_wrongly(block, mark);
	heap->marks[slot] = MARK_CACHED;
	if (kind == CLASS_RUN) {
		run_give(slot);
		return;
	}
	if (!cache && !(cache = cache_start())) {
		span_give(kind, &slot, 1);
		return;
	}
	bin = &cache->bins[kind];
	half = bin->count - bin->count / 2u;
	if (bin->count >= bin->limit) {
		/* The ones that were freed first go. */
		span_give(kind, bin->slots, half);
		for (unsigned i = half; i < bin->count; i++)
			bin->slots[i - half] = bin->slots[i];
		bin->count = (uint16_t)(bin->count - half);
	}
	bin->slots[bin->count++] = slot;
}

void free(void *block)
{
	struct cache *cache = own;
	const struct heap *heap = &cache->heap;
	uintptr_t slot;
	struct bin *bin;
	unsigned mark, count;

	if (__builtin_expect(!cache, 0))
		goto slowly;
	slot = slot_of(heap, block);
	if (__builtin_expect(slot >= heap->slots, 0))
		goto slowly;
	mark = heap->marks[slot];
	bin = &cache->bins[heap->classes[slot / SPAN_SLOTS]];
	count = bin->count;
	if (__builtin_expect(mark - 1u >= MARK_SLACK, 0) ||
	    __builtin_expect(((uint8_t *)block)[bin->size - mark] != heap->canary, 0) ||
	    __builtin_expect(count >= bin->limit, 0))
		goto slowly;
	heap->marks[slot] = MARK_CACHED;
	bin->count = (uint16_t)(count + 1);
	bin->slots[count] = (uint32_t)slot;
	return;
slowly:
	free_slowly(block);
}
