/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory in frames of 4 KiB: one bit each, per range of RAM. Addresses are physical.
 * Context: any but interrupt handlers (spinlock, interrupts off inside).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Take over a range of RAM, whose maps go to map_pa (frame_map_bytes() bytes, reachable in the
 * linear map, outside of what is released later). All of it is taken until frame_release_range(). 0
 * or -ENOSPC. Early boot.
 */
int frame_add_range(uint64_t pa, uint64_t size, uint64_t map_pa);
size_t frame_map_bytes(uint64_t size);

/* Make part of an added range free. Reserved parts are simply never released. Early boot. */
void frame_release_range(uint64_t pa, uint64_t size);

/* One frame, contents undefined. 0 when there is none (frame 0 is never given out). */
uint64_t frame_alloc(void);
uint64_t frame_alloc_zeroed(void);

/* `count` neighbouring frames, the first aligned to `align` frames (a power of two); 0 if none. */
uint64_t frame_alloc_contiguous(size_t count, size_t align);

void frame_free(uint64_t pa);
void frame_free_contiguous(uint64_t pa, size_t count);

struct frame_stats {
	size_t total; /* frames of all ranges, reserved ones included */
	size_t free;
	size_t largest_free; /* longest run of free frames; computed by frame_stats() */
};
void frame_stats(struct frame_stats *stats);
size_t frame_free_count(void);
size_t frame_total_count(void);

/*
 * All frames, but 0 when fewer than an eighth of them are free: who keeps memory only to be faster
 * next time keeps no more than a share of this.
 */
size_t frame_plenty(void);
