/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks that are too large for a span have a run of neighbouring spans, whole. Of the last one a
 * block uses what it touches: the rest are addresses without memory.
 */
#include "heap.h"

#define PAGES_EACH (SPAN_BYTES / 4096)

uint32_t run_take(size_t size)
{
	unsigned count = (unsigned)(size / SPAN_BYTES) + 1;
	struct span *span = chunk_take_spans(CLASS_RUN, count);

	if (!span)
		return 0;
	if (!span->pages && !chunk_pages_free((size_t)count * PAGES_EACH)) {
		chunk_give_spans(span, span->used);
		return 0;
	}
	span->pages = 1; /* from now on */
	return (uint32_t)(span - malloc_heap.spans) * SPAN_SLOTS;
}

void run_give(uint32_t slot)
{
	struct span *span = &malloc_heap.spans[slot / SPAN_SLOTS];

	malloc_heap.marks[slot] = MARK_FREE;
	chunk_give_spans(span, span->used);
}
