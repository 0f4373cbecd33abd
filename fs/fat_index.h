/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a large directory on FAT: which of its entries may have a name, by the name's
 * hash; which entries are free; where its clusters are. It only says where to look: names are
 * compared on the medium. But what it does not have is not in the directory.
 *
 * It is keyed by the directory's first cluster, because inodes of directories come and go. Memory
 * of all of them is bounded; who cannot have one searches the directory.
 *
 * volume->lock is held in all functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAT_INDEX_NONE	  UINT32_MAX
#define FAT_INDEX_ENTRIES 65536 /* that a directory may have on FAT */
#define FAT_NAME_ENTRIES  21	/* of one name, at most */

struct fat_volume;

/* A name: its node is the number of the entry where its long or its short name begins. */
struct fat_index_node {
	uint16_t next;	    /* with the same bucket: its number + 1 */
	uint16_t tag : 11;  /* more of the hash */
	uint16_t ahead : 5; /* how many entries before this one its set begins */
};

struct fat_index {
	struct fat_index *next; /* of the volume: the one used last is the first */
	uint32_t first;		/* the directory */
	uint32_t links;		/* as st_nlink counts: directories in it, and two */
	uint32_t entries;	/* that its clusters have */
	uint32_t room;		/* ... and that there is memory for */
	uint32_t end;		/* entries from here on were never used: 0 is on the medium */
	uint32_t cluster_entries;
	uint32_t cluster_count, cluster_room;
	uint32_t bucket_mask;
	size_t bytes;			      /* of memory */
	uint32_t ahead[FAT_NAME_ENTRIES + 1]; /* no room for n entries begins before [n] */
	uint64_t *used;			      /* bits: entries that are not free */
	uint32_t *clusters;
	struct fat_index_node *nodes;
	uint16_t *buckets; /* number + 1 of the first node */
};

/* The directory's, or NULL. Finding it makes it the one used last. */
struct fat_index *fat_index_find(struct fat_volume *volume, uint32_t first);
/*
 * A new one, empty, for so many entries and a cluster more, in place of those used least. NULL:
 * there is no memory.
 */
struct fat_index *fat_index_make(struct fat_volume *volume, uint32_t first, uint32_t entries,
				 uint32_t clusters);
void fat_index_drop(struct fat_volume *volume, uint32_t first);
void fat_index_drop_all(struct fat_volume *volume);

/* A name's long or short form, by its hash; `ahead`: how many entries before its set begins. */
bool fat_index_insert(struct fat_index *index, uint32_t hash, uint32_t entry, uint32_t ahead);
bool fat_index_remove(struct fat_index *index, uint32_t hash, uint32_t entry);
/* The next node after `entry` (FAT_INDEX_NONE: the first) with that hash, or FAT_INDEX_NONE. */
uint32_t fat_index_next(const struct fat_index *index, uint32_t hash, uint32_t entry);

/* `count` entries from one on are used, or free, from now on. */
void fat_index_take(struct fat_index *index, uint32_t entry, uint32_t count);
void fat_index_give(struct fat_index *index, uint32_t entry, uint32_t count);
/*
 * The first of `count` free entries in a row, or FAT_INDEX_NONE. They are in one sector if they fit
 * into one, or `anywhere`.
 */
uint32_t fat_index_room(struct fat_index *index, uint32_t count, bool anywhere);
/* Another cluster behind the last one: false, there is no memory for it. */
bool fat_index_can_grow(const struct fat_index *index);
void fat_index_grow(struct fat_index *index, uint32_t cluster);
