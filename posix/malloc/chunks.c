/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap's addresses are reserved at its start, twice the memory there is, and become memory a
 * chunk at a time. Spans that became empty are kept for any size, runs of them for runs as long; of
 * many, the later ones' memory goes back to the system.
 */
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "heap.h"

#define PAGE	    4096u
#define CHUNK_BYTES (512u << 10) /* what the heap grows by */
#define CHUNK_SPANS (CHUNK_BYTES / SPAN_BYTES)
#define KEPT_SPANS  32 /* empty ones that stay in memory, and an eighth of those in use, and */
#define KEPT_SHARE  16 /* of the heap, while an eighth of the memory is free */
#define SPARE_PAGES 16 /* what the heap leaves to the kernel */

struct heap malloc_heap;
struct size_class malloc_classes[CLASSES];
uint8_t malloc_class_of[(MALLOC_OURS_MAX + GRANULE) / GRANULE + 1];

/* Guards what follows. */
static struct malloc_lock lock;
/* Empty runs of so many spans, with and without memory: lists by `next`. */
static struct span *kept[RUN_SPANS + 1], *bare[RUN_SPANS + 1];
static unsigned kept_count, span_count; /* spans, empty and in use */
static unsigned next_span, ready_spans; /* the first one never used, and those with memory */
static bool started;

bool chunk_pages_free(size_t pages)
{
	struct sysinfo info;

	return !sysinfo(&info) &&
	       (uint64_t)info.freeram * info.mem_unit >= (pages + SPARE_PAGES) * PAGE;
}

/* Steps of 16 up to 256, then eight to each doubling, as far as MARK_SLACK and a span allow. */
static unsigned size_after(unsigned size)
{
	unsigned step = size < 256 ? GRANULE : 1u << (28 - __builtin_clz(size));

	return size + (step < MARK_SLACK ? step : MARK_SLACK);
}

/* Larger ones: a span has 6, 5, 4, 3, 2 or 1. */
static unsigned medium_size(unsigned kind)
{
	return SPAN_BYTES / (CLASS_RUN - kind) / GRANULE * GRANULE;
}

static void fill_tables(void)
{
	unsigned size = 0, at = 0;

	for (unsigned kind = 1; kind < CLASS_RUN; kind++) {
		size = kind < CLASS_MEDIUM ? size_after(size) : medium_size(kind);
		malloc_classes[kind] = (struct size_class){
			.size = (uint16_t)size,
			.blocks = (uint16_t)(SPAN_BYTES / size),
			.reciprocal = (uint32_t)((UINT64_C(1) << 32) / size + 1),
		};
		for (; at <= size / GRANULE && kind < CLASS_MEDIUM; at++)
			malloc_class_of[at] = (uint8_t)kind;
	}
}

static size_t in_pages(size_t bytes)
{
	return (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
}

/* Addresses for so many spans, and all that is known of them below. */
static bool reserve(size_t spans)
{
	size_t marks = in_pages(spans * SPAN_SLOTS), classes = in_pages(spans);
	size_t known = in_pages(spans * sizeof(struct span)) + classes + marks;
	char *place = mmap(NULL, known + (spans + 1) * SPAN_BYTES, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint8_t *random = (const uint8_t *)getauxval(AT_RANDOM);

	if (place == MAP_FAILED)
		return false;
	malloc_heap.marks = (uint8_t *)place;
	malloc_heap.classes = (uint8_t *)place + marks;
	malloc_heap.spans = (struct span *)(place + marks + classes);
	/* At least a page that is never accessible is between. */
	malloc_heap.base = ((uintptr_t)place + known + SPAN_BYTES) & ~(uintptr_t)(SPAN_BYTES - 1);
	malloc_heap.slots = spans * SPAN_SLOTS;
	malloc_heap.canary = random ? random[8] | 1 : 0xa5;
	return true;
}

bool heap_start(void)
{
	struct sysinfo info;
	size_t spans = CHUNK_SPANS;

	malloc_lock(&lock);
	if (!started && !sysinfo(&info)) {
		while (spans * SPAN_BYTES < 2 * (uint64_t)info.totalram * info.mem_unit)
			spans *= 2;
		started = reserve(spans);
		if (started)
			fill_tables();
	}
	malloc_unlock(&lock);
	return started;
}

/* Make elements [from, to) of an array accessible. */
static bool open_range(void *array, size_t size, size_t from, size_t to)
{
	size_t start = in_pages(from * size), end = in_pages(to * size);

	return start == end ||
	       !mprotect((char *)array + start, end - start, PROT_READ | PROT_WRITE);
}

/* The lock is held. What was opened before a failure is opened again next time. */
static bool add_chunk(void)
{
	unsigned from = ready_spans, to = from + CHUNK_SPANS;

	if (from * SPAN_SLOTS == malloc_heap.slots || !chunk_pages_free(4) ||
	    !open_range(malloc_heap.spans, sizeof(struct span), from, to) ||
	    !open_range(malloc_heap.classes, 1, from, to) ||
	    !open_range(malloc_heap.marks, SPAN_SLOTS, from, to) ||
	    !open_range((void *)malloc_heap.base, SPAN_BYTES, from, to))
		return false;
	ready_spans = to;
	return true;
}

/* One with memory may be half as long again. The lock is held. */
static struct span *find_kept(unsigned count)
{
	for (unsigned n = count; n <= count + count / 2 && n <= RUN_SPANS; n++) {
		struct span *span = kept[n];

		if (span) {
			kept[n] = span->next;
			kept_count -= n;
			span->used = (uint16_t)n;
			return span;
		}
	}
	return NULL;
}

/* An empty one, or one that was never used; `used` is how many spans. The lock is held. */
static struct span *find_spans(unsigned count)
{
	struct span *span = find_kept(count);

	if (span)
		return span;
	span = bare[count];
	if (span) {
		bare[count] = span->next;
		span->used = (uint16_t)count;
		return span;
	}
	while (next_span + count > ready_spans)
		if (!add_chunk())
			return NULL;
	span = &malloc_heap.spans[next_span];
	next_span += count;
	span->used = (uint16_t)count;
	return span;
}

struct span *chunk_take_spans(unsigned kind, unsigned count)
{
	struct span *span;

	malloc_lock(&lock);
	span = find_spans(count);
	span_count += span ? span->used : 0;
	malloc_unlock(&lock);
	if (span) {
		size_t number = (size_t)(span - malloc_heap.spans);

		if (kind != CLASS_RUN) {
			memset(&malloc_heap.marks[number * SPAN_SLOTS], MARK_NONE, SPAN_SLOTS);
			memset(span->free, 0, sizeof(span->free));
			span->used = span->carved = 0;
		}
		malloc_heap.classes[number] = (uint8_t)kind;
	}
	return span;
}

static bool memory_is_scarce(void)
{
	struct sysinfo info;

	return sysinfo(&info) || info.freeram < info.totalram / 8;
}

/* The lock is held. */
static bool too_many(void)
{
	size_t share = malloc_heap.slots / SPAN_SLOTS / KEPT_SHARE;

	return kept_count >= KEPT_SPANS + span_count / 8 &&
	       (kept_count >= share + span_count / 2 || memory_is_scarce());
}

static void put(struct span **list, struct span *span)
{
	span->next = *list;
	*list = span;
}

/* One whose memory goes: of another length than those that come now, if there is one. */
static struct span *find_victim(unsigned count, unsigned *length)
{
	struct span *span;

	for (*length = 1; *length <= RUN_SPANS; ++*length)
		if (kept[*length] && *length != count)
			break;
	if (*length > RUN_SPANS)
		*length = count;
	span = kept[*length];
	if (span) {
		kept[*length] = span->next;
		kept_count -= *length;
	}
	return span;
}

/* The newest is used next. Of many, some have their memory taken away. */
void chunk_give_spans(struct span *span, unsigned count)
{
	unsigned length;

	malloc_lock(&lock);
	span_count -= count;
	kept_count += span->pages ? count : 0;
	put(span->pages ? &kept[count] : &bare[count], span);
	while (too_many() && (span = find_victim(count, &length))) {
		size_t number = (size_t)(span - malloc_heap.spans);

		/* Without the lock: all CPUs are told of it. */
		malloc_unlock(&lock);
		madvise((char *)malloc_heap.base + number * SPAN_BYTES, length * SPAN_BYTES,
			MADV_DONTNEED);
		malloc_lock(&lock);
		span->pages = 0;
		put(&bare[length], span);
	}
	malloc_unlock(&lock);
}
