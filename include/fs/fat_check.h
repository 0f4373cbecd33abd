/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A FAT12, FAT16 or FAT32 volume that was not unmounted: put right what a cut leaves behind, before
 * it is mounted. Runs on the host as well. Thread; the volume is not mounted meanwhile.
 *
 * A cut leaves, and this repairs: clusters that belong to no file, chains longer than their file,
 * two names for one chain (a rename), parts of a long name without the name, copies of the FAT
 * that differ, a wrong count of free clusters. So it does with a size beyond its chain. All else
 * (loops, chains that meet, links to nowhere) no cut has made: then nothing is changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The volume, in sectors of 512 bytes from its first; 0 or a negative errno. What is written ahead
 * of a flush is on the medium ahead of what is written after it; between two flushes any order will
 * do.
 */
struct fat_check_volume {
	int (*read)(void *context, uint64_t sector, uint32_t count, void *buffer);
	int (*write)(void *context, uint64_t sector, uint32_t count, const void *buffer);
	int (*flush)(void *context);
	void *context;
	uint64_t sectors;
};

struct fat_check_report {
	uint32_t lost;	  /* clusters given back */
	uint32_t cut;	  /* chains that were longer than the file */
	uint32_t sizes;	  /* files whose size was beyond their chain */
	uint32_t names;	  /* second names removed */
	uint32_t entries; /* parts of names, entries of what was removed, links of directories */
	bool copies;	  /* the copies of the FAT differed */
	uint32_t free;	  /* clusters that are free now */
	const char *why;  /* the result is FAT_CHECK_DAMAGED or -EINVAL: what is wrong ... */
	uint32_t cluster; /* ... and where, if not 0 */
};

/* The volume is damaged beyond what a cut does; it is unchanged: mount it read-only. */
#define FAT_CHECK_DAMAGED 1

/*
 * 0: the volume is sound now, and marked as clean. FAT_CHECK_DAMAGED. -EINVAL: no FAT volume of
 * these kinds. -ENOMEM: `memory` bytes (some 20 KiB and 2 bits a cluster) are too few, or not to be
 * had: mount it read-only. Or an error of read, write, flush.
 */
int fat_check(const struct fat_check_volume *volume, size_t memory,
	      struct fat_check_report *report);

/* The mark of an unclean stop: 1 set, 0 not set; negative as above. */
int fat_check_is_dirty(const struct fat_check_volume *volume);
/* Set it (in the boot sector alone) before the first write, take it away after the last; flushes.
 */
int fat_check_mark(const struct fat_check_volume *volume, bool dirty);

/*
 * A rename gives the new name's entry this byte 12 (two reserved bits of the case flags), made from
 * the old one's: of two names for one chain the later one can be told, however often it is renamed.
 */
#define FAT_AGE_SHIFT 6
static inline uint8_t fat_entry_renamed(uint8_t flags)
{
	return (uint8_t)(flags + (1u << FAT_AGE_SHIFT));
}
