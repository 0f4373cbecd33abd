/* SPDX-License-Identifier: BSD-2-Clause */
/* Spans of equal blocks: those with one to give are in a list, full ones are found by address. */
#include <string.h>

#include "heap.h"

#define PAGE 4096u

static struct list {
	struct malloc_lock lock;
	struct span *spans;
} lists[CLASSES];

static void list_add(struct list *list, struct span *span)
{
	span->prev = NULL;
	span->next = list->spans;
	if (span->next)
		span->next->prev = span;
	list->spans = span;
	span->listed = true;
}

static void list_remove(struct list *list, struct span *span)
{
	if (span->next)
		span->next->prev = span->prev;
	*(span->prev ? &span->prev->next : &list->spans) = span->next;
	span->listed = false;
}

static uint32_t first_slot(const struct span *span)
{
	return (uint32_t)(span - malloc_heap.spans) * SPAN_SLOTS;
}

/* Blocks that came back. */
static unsigned take_free(struct span *span, unsigned kind, uint32_t *slots, unsigned want)
{
	unsigned words = (malloc_classes[kind].blocks + WORD_BITS - 1) / WORD_BITS, n = 0;
	uint32_t first = first_slot(span), step = malloc_classes[kind].size / GRANULE;

	for (unsigned w = 0; w < words; w++)
		for (; span->free[w] && n < want; span->free[w] &= span->free[w] - 1) {
			unsigned index = w * WORD_BITS + (unsigned)__builtin_ctzll(span->free[w]);

			slots[n++] = first + index * step;
		}
	return n;
}

/*
 * Blocks that nobody had yet, in pages that are there, if `n` are found already; else the next
 * page, too.
 */
static unsigned take_new(struct span *span, unsigned kind, uint32_t *slots, unsigned want,
			 unsigned n)
{
	unsigned size = malloc_classes[kind].size;
	uint32_t first = first_slot(span);
	volatile uint8_t *start = block_of(&malloc_heap, first);

	while (n < want && span->carved < malloc_classes[kind].blocks) {
		unsigned pages = ((span->carved + 1u) * size + PAGE - 1) / PAGE;

		if (pages > span->pages) {
			if (n || !chunk_pages_free(pages - span->pages + 1u))
				break;
			for (; span->pages < pages; span->pages++)
				start[span->pages * PAGE] = 0;
		}
		slots[n++] = first + span->carved++ * (size / GRANULE);
	}
	return n;
}

/* From the first span of the list. */
static unsigned take_first(struct list *list, unsigned kind, uint32_t *slots, unsigned want)
{
	struct span *span = list->spans;
	unsigned n = take_free(span, kind, slots, want);

	n = take_new(span, kind, slots, want, n);
	span->used = (uint16_t)(span->used + n);
	if (span->used == malloc_classes[kind].blocks)
		list_remove(list, span);
	for (unsigned i = 0; i < n; i++)
		malloc_heap.marks[slots[i]] = MARK_CACHED;
	return n;
}

unsigned span_take(unsigned kind, uint32_t *slots, unsigned want)
{
	struct list *mine = &lists[kind];
	struct span *span;
	unsigned n = 0;

	malloc_lock(&mine->lock);
	if (mine->spans)
		n = take_first(mine, kind, slots, want);
	/* Without memory for a new page another size's empty span may still do. */
	span = n ? NULL : chunk_take_spans(kind, 1);
	if (span) {
		list_add(mine, span);
		n = take_first(mine, kind, slots, want);
		if (!n) {
			list_remove(mine, span);
			chunk_give_spans(span, 1);
		}
	}
	malloc_unlock(&mine->lock);
	return n;
}

void span_give(unsigned kind, const uint32_t *slots, unsigned count)
{
	struct list *mine = &lists[kind];

	if (!count)
		return;
	malloc_lock(&mine->lock);
	for (unsigned i = 0; i < count; i++) {
		struct span *span = &malloc_heap.spans[slots[i] / SPAN_SLOTS];
		uint64_t offset = slots[i] % SPAN_SLOTS * GRANULE;
		unsigned index = (unsigned)(offset * malloc_classes[kind].reciprocal >> 32);

		malloc_heap.marks[slots[i]] = MARK_FREE;
		span->free[index / WORD_BITS] |= UINT64_C(1) << index % WORD_BITS;
		if (!span->listed)
			list_add(mine, span);
		/* An empty one is for all sizes, unless it is the only one. */
		if (!--span->used && (span->next || span->prev)) {
			list_remove(mine, span);
			chunk_give_spans(span, 1);
		}
	}
	malloc_unlock(&mine->lock);
}
