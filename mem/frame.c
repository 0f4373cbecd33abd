/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: one bit each (1 = free) in words of 64, and above them one bit per word that says whether
 * the word has any free frame, so that finding one frame looks at few words. A range's maps lie in
 * its own memory.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <base/bits.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <mem/frame.h>
#include <mem/linear.h>

#define RANGES_MAX 8
#define WORD_BITS  64

struct frame_range {
	uint64_t base; /* physical address of frame 0 of the range */
	size_t frames;
	uint64_t *map;
	uint64_t *summary; /* bit w: map[w] is not 0 */
	size_t words;	   /* of map */
	size_t hint;	   /* no summary word below this one is non-zero */
};

/* All guarded by frame_lock. */
static struct spinlock frame_lock;
static struct frame_range ranges[RANGES_MAX];
static unsigned range_count;
static size_t total_frames, free_frames;

static void mark_free(struct frame_range *range, size_t first, size_t count)
{
	for (size_t i = first; i < first + count;) {
		size_t word = i / WORD_BITS, bit = i % WORD_BITS;
		size_t run = MIN(WORD_BITS - bit, first + count - i);
		uint64_t mask = (run == WORD_BITS ? ~0UL : (1UL << run) - 1) << bit;

		if (range->map[word] & mask)
			panic("frame freed twice at %lx",
			      (unsigned long)(range->base + i * PAGE_SIZE));
		range->map[word] |= mask;
		range->summary[word / WORD_BITS] |= 1UL << (word % WORD_BITS);
		range->hint = MIN(range->hint, word / WORD_BITS);
		i += run;
	}
	free_frames += count;
}

static void mark_taken(struct frame_range *range, size_t first, size_t count)
{
	for (size_t i = first; i < first + count;) {
		size_t word = i / WORD_BITS, bit = i % WORD_BITS;
		size_t run = MIN(WORD_BITS - bit, first + count - i);
		uint64_t mask = (run == WORD_BITS ? ~0UL : (1UL << run) - 1) << bit;

		range->map[word] &= ~mask;
		if (!range->map[word])
			range->summary[word / WORD_BITS] &= ~(1UL << (word % WORD_BITS));
		i += run;
	}
	free_frames -= count;
}

static struct frame_range *range_of(uint64_t pa)
{
	for (unsigned i = 0; i < range_count; i++)
		if (pa - ranges[i].base < ranges[i].frames * PAGE_SIZE)
			return &ranges[i];
	return NULL;
}

int frame_add_range(uint64_t pa, uint64_t size, uint64_t map_pa)
{
	struct frame_range *range = &ranges[range_count];

	if (range_count == RANGES_MAX)
		return -ENOSPC;
	range->base = pa;
	range->frames = size / PAGE_SIZE;
	range->words = (range->frames + WORD_BITS - 1) / WORD_BITS;
	range->map = linear_address(map_pa);
	range->summary = range->map + range->words;
	range->hint = 0;
	memset(range->map, 0, frame_map_bytes(size));
	range_count++;
	total_frames += range->frames;
	return 0;
}

size_t frame_map_bytes(uint64_t size)
{
	size_t words = (size / PAGE_SIZE + WORD_BITS - 1) / WORD_BITS;

	return (words + (words + WORD_BITS - 1) / WORD_BITS) * sizeof(uint64_t);
}

void frame_release_range(uint64_t pa, uint64_t size)
{
	uint64_t start = align_up(pa ? pa : PAGE_SIZE, PAGE_SIZE),
		 end = align_down(pa + size, PAGE_SIZE);

	if (start < end)
		frame_free_contiguous(start, (end - start) / PAGE_SIZE);
}

/* The lowest free frame of a range, or -1. */
static long find_one(struct frame_range *range)
{
	size_t words = (range->words + WORD_BITS - 1) / WORD_BITS;

	for (; range->hint < words; range->hint++) {
		uint64_t summary = range->summary[range->hint];

		if (summary) {
			size_t word = range->hint * WORD_BITS + bit_lowest(summary);

			return (long)(word * WORD_BITS + bit_lowest(range->map[word]));
		}
	}
	return -1;
}

uint64_t frame_alloc(void)
{
	struct irq_state state = spinlock_lock(&frame_lock);
	uint64_t pa = 0;

	for (unsigned i = 0; i < range_count && !pa; i++) {
		long frame = find_one(&ranges[i]);

		if (frame >= 0) {
			mark_taken(&ranges[i], (size_t)frame, 1);
			pa = ranges[i].base + (uint64_t)frame * PAGE_SIZE;
		}
	}
	spinlock_unlock(&frame_lock, state);
	return pa;
}

uint64_t frame_alloc_zeroed(void)
{
	uint64_t pa = frame_alloc();

	if (pa)
		memset(linear_address(pa), 0, PAGE_SIZE);
	return pa;
}

static bool is_free(const struct frame_range *range, size_t frame)
{
	return range->map[frame / WORD_BITS] >> (frame % WORD_BITS) & 1;
}

/*
 * The next frame at or after `from` that is free; range->frames if none. Whole empty words are
 * skipped by the summary.
 */
static size_t next_free(const struct frame_range *range, size_t from)
{
	while (from < range->frames) {
		uint64_t word = range->map[from / WORD_BITS] >> (from % WORD_BITS);

		if (word)
			return from + bit_lowest(word);
		from = align_down(from, WORD_BITS) + WORD_BITS;
		while (from < range->frames && from % (WORD_BITS * WORD_BITS) == 0 &&
		       !range->summary[from / (WORD_BITS * WORD_BITS)])
			from += WORD_BITS * WORD_BITS;
	}
	return range->frames;
}

/* How many frames from `from` on are free, at most `limit`. */
static size_t run_length(const struct frame_range *range, size_t from, size_t limit)
{
	size_t length = 0;

	while (length < limit && from + length < range->frames) {
		size_t frame = from + length;

		if (frame % WORD_BITS == 0 && range->map[frame / WORD_BITS] == ~0UL)
			length += WORD_BITS;
		else if (is_free(range, frame))
			length++;
		else
			break;
	}
	return MIN(length, limit);
}

static bool find_run(struct frame_range *range, size_t count, size_t align, size_t *first)
{
	size_t phase = range->base / PAGE_SIZE; /* alignment is of the physical address */
	size_t from = 0;

	while ((from = next_free(range, from)) < range->frames) {
		size_t aligned = align_up(from + phase, align) - phase, run;

		if (aligned + count > range->frames)
			return false;
		run = run_length(range, aligned, count);
		if (run == count) {
			*first = aligned;
			return true;
		}
		from = aligned + run + (run == 0);
	}
	return false;
}

uint64_t frame_alloc_contiguous(size_t count, size_t align)
{
	struct irq_state state = spinlock_lock(&frame_lock);
	uint64_t pa = 0;

	for (unsigned i = 0; i < range_count && !pa; i++) {
		size_t first;

		if (find_run(&ranges[i], count, align, &first)) {
			mark_taken(&ranges[i], first, count);
			pa = ranges[i].base + first * PAGE_SIZE;
		}
	}
	spinlock_unlock(&frame_lock, state);
	return pa;
}

void frame_free(uint64_t pa)
{
	frame_free_contiguous(pa, 1);
}

void frame_free_contiguous(uint64_t pa, size_t count)
{
	struct irq_state state = spinlock_lock(&frame_lock);
	struct frame_range *range = range_of(pa);

	if (!range || pa + count * PAGE_SIZE > range->base + range->frames * PAGE_SIZE)
		panic("freed memory at %lx is no RAM", (unsigned long)pa);
	mark_free(range, (pa - range->base) / PAGE_SIZE, count);
	spinlock_unlock(&frame_lock, state);
}

void frame_stats(struct frame_stats *stats)
{
	stats->total = total_frames;
	stats->free = free_frames;
	stats->largest_free = 0;
	/* Without the lock, which would be held for long: what changes meanwhile is seen or not. */
	for (unsigned i = 0; i < range_count; i++) {
		size_t from = 0;

		while ((from = next_free(&ranges[i], from)) < ranges[i].frames) {
			size_t run = run_length(&ranges[i], from, ranges[i].frames);

			stats->largest_free = MAX(stats->largest_free, run);
			from += run + (run == 0);
		}
	}
}

size_t frame_free_count(void)
{
	return free_frames;
}

size_t frame_total_count(void)
{
	return total_frames;
}

size_t frame_plenty(void)
{
	return free_frames < total_frames / 8 ? 0 : total_frames;
}
