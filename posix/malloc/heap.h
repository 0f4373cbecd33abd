/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The allocator of programs (docs/decisions/20-malloc.md). Blocks of up to MALLOC_LARGE_MAX bytes
 * are ours; larger ones are musl's.
 *
 *   cache.c   what each thread keeps for itself, by size: no lock, nothing is searched
 *   spans.c   16 KiB of equal blocks each; a lock for each size
 *   large.c   what is too large for a span: a block is a run of neighbouring spans
 *   chunks.c  the memory of spans; one lock
 *
 * What is known of a block is not beside it, but in arrays of their own, an inaccessible page away:
 * a mark for each 16 bytes of the heap, a kind and a struct span for each 16 KiB. A block's number
 * in the marks is its `slot`. In the block itself there is one byte of ours, behind what was asked
 * for: a canary.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MALLOC_HIDDEN __attribute__((__visibility__("hidden")))

#define GRANULE		 16
#define SPAN_BYTES	 16384u
#define SPAN_SLOTS	 (SPAN_BYTES / GRANULE)
#define CLASSES		 50    /* 0 is of no size: a span without blocks */
#define CLASS_MEDIUM	 43    /* from here on a block's mark is MARK_LARGE */
#define CLASS_RUN	 49    /* the first span of a block that has all of several */
#define MALLOC_OURS_MAX	 2303  /* one less than the largest class before CLASS_MEDIUM */
#define MEDIUM_MAX	 16383 /* the same before CLASS_RUN */
#define RUN_SPANS	 16
#define MALLOC_LARGE_MAX (RUN_SPANS * SPAN_BYTES - 1)
#define BIN_SLOTS	 14
#define WORD_BITS	 64

/* A block's mark; 1 to MARK_SLACK: in use, so many bytes behind what was asked for. */
#define MARK_NONE   0 /* not the start of a block */
#define MARK_SLACK  128
#define MARK_LARGE  253 /* in use; what was asked for stands in the marks that follow */
#define MARK_CACHED 254 /* free, kept by a thread */
#define MARK_FREE   255

/* Guarded by the lock of its kind, or of the chunks while it has none. */
struct span {
	struct span *next, *prev; /* of those of its kind that have a block to give */
	/* Blocks that are not in `free`, nor behind `carved`; of a CLASS_RUN, how many spans. */
	uint16_t used;
	uint16_t carved;		       /* blocks that were ever given out */
	uint8_t pages;			       /* in memory for sure */
	bool listed;			       /* is in the list of its kind */
	uint64_t free[SPAN_SLOTS / WORD_BITS]; /* bit for each block */
};

/* A thread's free blocks of a kind: the last one freed is the first to go out. */
struct bin {
	uint16_t count, limit;
	uint16_t size; /* of a block */
	uint32_t slots[BIN_SLOTS];
};

/* The heap's figures stand in each cache, where they are near. Constant after the start. */
struct heap {
	uintptr_t base;
	size_t slots; /* behind base, reserved */
	uint8_t *marks;
	uint8_t *classes; /* of each span */
	struct span *spans;
	uint8_t canary;
};

struct cache {
	struct heap heap;
	struct cache *next; /* of those without a thread */
	struct bin bins[CLASSES];
};

_Static_assert(sizeof(struct cache) <= 4096, "a thread's cache is a page");

/* What is known of a kind, beside its size. */
struct size_class {
	uint16_t size;
	uint16_t blocks;     /* of a span */
	uint32_t reciprocal; /* offset * this >> 32 is the block's number */
};

#pragma GCC visibility push(hidden)
extern struct heap malloc_heap;
extern struct size_class malloc_classes[CLASSES];
extern uint8_t malloc_class_of[(MALLOC_OURS_MAX + GRANULE) / GRANULE + 1];

/* musl's. */
void *__libc_malloc_impl(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_aligned_alloc(size_t align, size_t size);
size_t __libc_malloc_usable_size(void *block);
void __libc_free(void *block);

/* A lock of the program: 0 free, 1 held, 2 held and waited for. */
struct malloc_lock {
	int word;
};
void malloc_lock(struct malloc_lock *lock);
void malloc_unlock(struct malloc_lock *lock);

/* Up to `want` free blocks of a kind, as slots of a bin; 0: there is no memory. */
unsigned span_take(unsigned kind, uint32_t *slots, unsigned want);
/* Give back; their marks are MARK_CACHED. */
void span_give(unsigned kind, const uint32_t *slots, unsigned count);

/* Sets up the tables above; false: there is no memory, or no addresses. */
bool heap_start(void);

/*
 * So many neighbouring spans for a kind, or NULL; empty ones back. A CLASS_RUN may have more: it
 * says so in `used`.
 */
struct span *chunk_take_spans(unsigned kind, unsigned count);
void chunk_give_spans(struct span *span, unsigned count);

/* A block of MEDIUM_MAX < size <= MALLOC_LARGE_MAX, as its slot; 0: there is none. And back. */
uint32_t run_take(size_t size);
void run_give(uint32_t slot);
/* May so many pages be touched: once touched there is no way to say no. */
bool chunk_pages_free(size_t pages);

/* First use of the heap by a thread: its cache, or NULL, if there is none to be had. */
struct cache *cache_start(void);

/* "malloc: WHAT at ADDRESS" on standard error, and the end of the program. */
_Noreturn void malloc_report(const char *what, const void *block);
#pragma GCC visibility pop

/* A block's slot; what is not in the heap, or no multiple of 16, gives a number past all slots. */
static inline uintptr_t slot_of(const struct heap *heap, const void *block)
{
	uintptr_t offset = (uintptr_t)block - heap->base;

	return offset >> 4 | offset << 60;
}

/* What was asked for, of a MARK_LARGE: a block has more marks than it needs. */
static inline size_t large_size(const struct heap *heap, uintptr_t slot)
{
	uint32_t size;

	__builtin_memcpy(&size, &heap->marks[slot + 4], sizeof(size));
	return size;
}

static inline void large_size_set(const struct heap *heap, uintptr_t slot, size_t size)
{
	uint32_t word = (uint32_t)size;

	heap->marks[slot] = MARK_LARGE;
	__builtin_memcpy(&heap->marks[slot + 4], &word, sizeof(word));
}

static inline void *block_of(const struct heap *heap, uintptr_t slot)
{
	return (void *)(heap->base + slot * GRANULE);
}
