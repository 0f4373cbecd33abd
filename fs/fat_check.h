/* SPDX-License-Identifier: BSD-2-Clause */
/* fat_check.c: the volume, its FAT, the clusters nobody has. fat_check_tree.c: the directories. */
#pragma once

#include <fs/fat_check.h>

#define CHECK_SECTOR 512u
/* Of the FAT; a whole FAT12 fits (4,084 + 2 entries of 1.5 bytes). */
#define CHECK_WINDOW  8192u
#define CHECK_TWINS   64u
#define CHECK_LOSERS  128u
#define CHECK_NOWHERE UINT64_MAX

/* What fat_get() makes of an entry; other values are links. No cluster has these numbers. */
#define FAT_FREE  0u
#define FAT_BAD	  1u /* marked bad, or a link to nowhere */
#define CHECK_END UINT32_MAX

/* The walk: look alone; find out which of several names is the best; look and repair. */
enum check_mode { CHECK_LOOK, CHECK_RANK, CHECK_REPAIR };

/* An entry's place: sector * 16 + its number in the sector. */
struct check_twin {
	uint32_t start;
	bool directory;
	uint64_t place; /* the best name so far, or CHECK_NOWHERE */
	uint8_t age;
	bool weak; /* its long name is missing */
	uint32_t written, created;
	bool seen; /* in this walk */
};

struct check {
	const struct fat_check_volume *volume;
	struct fat_check_report *report;
	enum check_mode mode;

	/* The volume; sectors of 512 bytes. */
	unsigned bits; /* of a FAT entry */
	uint32_t unit; /* the volume's own sector */
	uint32_t cluster_sectors;
	uint32_t cluster_bytes;
	uint64_t fat_first, fat_sectors; /* of one copy */
	unsigned fats, active;
	bool mirrored;
	uint64_t root_first, data_first;
	uint32_t root_entries; /* FAT12, FAT16 */
	uint32_t root_cluster; /* FAT32 */
	uint32_t end;	       /* the last cluster's number + 1 */
	uint32_t info;	       /* FSInfo, or 0 */

	/* A bit for each cluster: it belongs to something; a directory to be walked begins there.
	 */
	uint64_t *used, *directories;
	size_t words;
	uint32_t directory_next; /* no bit is set below */
	bool changed;		 /* the last CHECK_LOOK found something to repair */

	struct check_twin twins[CHECK_TWINS];
	unsigned twin_count;
	uint64_t losers[CHECK_LOSERS];
	unsigned loser_count;

	uint64_t window_at; /* sector within the FAT, or CHECK_NOWHERE */
	bool window_dirty;
	uint64_t sector_at; /* of `sector`, or CHECK_NOWHERE */
	bool sector_dirty;
	uint8_t window[CHECK_WINDOW];
	uint8_t sector[CHECK_SECTOR]; /* of the directory that is walked */
	uint8_t spare[CHECK_SECTOR];
};

static inline bool bit_get(const uint64_t *bits, uint32_t at)
{
	return bits[at / 64] >> (at % 64) & 1;
}

static inline void bit_set(uint64_t *bits, uint32_t at)
{
	bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static inline void bit_clear(uint64_t *bits, uint32_t at)
{
	bits[at / 64] &= ~(UINT64_C(1) << (at % 64));
}

static inline uint64_t cluster_sector(const struct check *check, uint32_t cluster)
{
	return check->data_first + (uint64_t)(cluster - 2) * check->cluster_sectors;
}

/* Remembers the first reason. Returns FAT_CHECK_DAMAGED. */
int check_damaged(struct check *check, const char *why, uint32_t cluster);

/* 0 or a negative errno. `cluster` is one of the volume. */
int fat_get(struct check *check, uint32_t cluster, uint32_t *value);
int fat_put(struct check *check, uint32_t cluster, uint32_t value);
int fat_write_back(struct check *check);

/* All directories once, as check->mode says. 0, FAT_CHECK_DAMAGED or a negative errno. */
int check_tree(struct check *check);
/* The entry's first byte. */
int check_entry_remove(struct check *check, uint64_t place);
