/* SPDX-License-Identifier: BSD-2-Clause */
/* An index of a directory: memory alone, nothing of the medium. */
#include "fat_index.h"

#include <base/bits.h>
#include <mem/frame.h>
#include <mem/heap.h>

#include <arch/layout.h>

#include "fat.h"

#define INDEXES_MAX 8  /* of a volume */
#define SHARE	    64 /* one part in so many of memory, for all of them */
#define ROOM_MIN    128u
/* Nodes are numbered from 1 on in 16 bits, so the last entry a directory can have has none. */
#define NODES_MAX (FAT_INDEX_ENTRIES - 1u)

static size_t bytes_of_all;

struct fat_index *fat_index_find(struct fat_volume *volume, uint32_t first)
{
	struct fat_index **link = &volume->indexes, *index;

	while (*link && (*link)->first != first)
		link = &(*link)->next;
	index = *link;
	if (!index)
		return NULL;
	*link = index->next;
	index->next = volume->indexes;
	volume->indexes = index;
	return index;
}

static void free_first(struct fat_volume *volume)
{
	struct fat_index *index = volume->indexes;

	volume->indexes = index->next;
	__atomic_fetch_sub(&bytes_of_all, index->bytes, __ATOMIC_RELAXED);
	heap_free(index);
}

void fat_index_drop(struct fat_volume *volume, uint32_t first)
{
	if (fat_index_find(volume, first))
		free_first(volume);
}

void fat_index_drop_all(struct fat_volume *volume)
{
	while (volume->indexes)
		free_first(volume);
}

/* Is there memory for one more? Those used least go for it. */
static bool make_way(struct fat_volume *volume, size_t bytes)
{
	size_t most = frame_total_count() * PAGE_SIZE / SHARE;
	unsigned count = 0;

	if (bytes > most)
		return false;
	for (struct fat_index *index = volume->indexes; index; index = index->next)
		count++;
	while (count && (count >= INDEXES_MAX ||
			 __atomic_load_n(&bytes_of_all, __ATOMIC_RELAXED) + bytes > most)) {
		struct fat_index *last = volume->indexes;

		while (last->next)
			last = last->next;
		fat_index_drop(volume, last->first);
		count--;
	}
	return __atomic_load_n(&bytes_of_all, __ATOMIC_RELAXED) + bytes <= most;
}

struct fat_index *fat_index_make(struct fat_volume *volume, uint32_t first, uint32_t entries,
				 uint32_t clusters)
{
	uint32_t per_cluster = volume->cluster / FAT_ENTRY;
	uint32_t wanted = clusters ? entries + per_cluster : entries;
	uint32_t room = 1u << bit_log2_up(MAX(wanted, ROOM_MIN)), buckets = room / 2;
	uint32_t cluster_room = clusters ? room / per_cluster : 0;
	size_t bytes = sizeof(struct fat_index) + room / 8 + cluster_room * sizeof(uint32_t) +
		       room * sizeof(struct fat_index_node) + buckets * sizeof(uint16_t);
	struct fat_index *index;

	fat_index_drop(volume, first);
	if (entries > FAT_INDEX_ENTRIES || room > FAT_INDEX_ENTRIES || !make_way(volume, bytes))
		return NULL;
	index = heap_alloc_zeroed(bytes);
	if (!index)
		return NULL;
	index->first = first;
	index->links = 2;
	index->entries = entries;
	index->room = room;
	index->cluster_entries = per_cluster;
	index->cluster_room = cluster_room;
	index->bucket_mask = buckets - 1;
	index->bytes = bytes;
	index->used = (uint64_t *)(index + 1);
	index->clusters = (uint32_t *)(index->used + room / 64);
	index->nodes = (struct fat_index_node *)(index->clusters + cluster_room);
	index->buckets = (uint16_t *)(index->nodes + room);
	index->next = volume->indexes;
	volume->indexes = index;
	__atomic_fetch_add(&bytes_of_all, bytes, __ATOMIC_RELAXED);
	return index;
}

/* --- names ------------------------------------------------------------------------------------ */

static uint16_t *bucket_of(const struct fat_index *index, uint32_t hash)
{
	return &index->buckets[hash & index->bucket_mask];
}

static uint16_t tag_of(uint32_t hash)
{
	return (uint16_t)(hash >> 21);
}

bool fat_index_insert(struct fat_index *index, uint32_t hash, uint32_t entry, uint32_t ahead)
{
	uint16_t *bucket = bucket_of(index, hash);

	if (entry >= MIN(index->entries, NODES_MAX) || ahead >= FAT_NAME_ENTRIES)
		return false;
	index->nodes[entry] = (struct fat_index_node){
		.next = *bucket,
		.tag = tag_of(hash) & 0x7ff,
		.ahead = ahead & 0x1f,
	};
	*bucket = (uint16_t)(entry + 1);
	return true;
}

bool fat_index_remove(struct fat_index *index, uint32_t hash, uint32_t entry)
{
	uint16_t *link = bucket_of(index, hash);

	while (*link && *link != entry + 1)
		link = &index->nodes[*link - 1].next;
	if (!*link)
		return false;
	*link = index->nodes[entry].next;
	return true;
}

uint32_t fat_index_next(const struct fat_index *index, uint32_t hash, uint32_t entry)
{
	uint32_t next = entry == FAT_INDEX_NONE ? *bucket_of(index, hash)
						: index->nodes[entry].next;

	while (next && index->nodes[next - 1].tag != tag_of(hash))
		next = index->nodes[next - 1].next;
	return next ? next - 1 : FAT_INDEX_NONE;
}

/* --- room ------------------------------------------------------------------------------------- */

void fat_index_take(struct fat_index *index, uint32_t entry, uint32_t count)
{
	for (uint32_t i = entry; i < entry + count; i++)
		index->used[i / 64] |= UINT64_C(1) << i % 64;
	index->end = MAX(index->end, entry + count);
}

void fat_index_give(struct fat_index *index, uint32_t entry, uint32_t count)
{
	for (uint32_t i = entry; i < entry + count; i++)
		index->used[i / 64] &= ~(UINT64_C(1) << i % 64);
	/* A run may have grown on both sides. */
	for (uint32_t n = 1; n <= FAT_NAME_ENTRIES; n++)
		index->ahead[n] = MIN(index->ahead[n], entry < n ? 0 : entry - n + 1);
}

uint32_t fat_index_room(struct fat_index *index, uint32_t count, bool anywhere)
{
	uint32_t at = anywhere ? 0 : index->ahead[count], run = 0;

	anywhere |= count > FAT_TOGETHER;
	while (at < index->entries && run < count) {
		uint64_t free = ~(index->used[at / 64] >> at % 64);

		if (!anywhere && at % FAT_TOGETHER == 0)
			run = 0;
		if (free & 1) {
			run++, at++;
			continue;
		}
		run = 0;
		/* What is shifted in counts as free: the next turn looks at the next word. */
		at += free ? bit_lowest(free) : 64;
	}
	if (!anywhere || count > FAT_TOGETHER)
		index->ahead[count] = at - run;
	return run == count ? at - run : FAT_INDEX_NONE;
}

bool fat_index_can_grow(const struct fat_index *index)
{
	return index->cluster_count < index->cluster_room;
}

void fat_index_grow(struct fat_index *index, uint32_t cluster)
{
	index->clusters[index->cluster_count++] = cluster;
	index->entries = index->cluster_count * index->cluster_entries;
}
