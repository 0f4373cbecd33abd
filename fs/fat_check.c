/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a power cut leaves on a FAT volume is put right in three steps, with a flush after each, so
 * that a cut in here leaves no more than it found: the directories and the ends of chains, the
 * clusters nobody has, the count of free ones and the mark. [Microsoft FAT specification, 2005]
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/endian.h>
#include <mem/heap.h>

#include "fat_check.h"

/* The volume's first sector, and the mark of an unclean stop in it. */
enum {
	BOOT_SECTOR = 11,
	BOOT_CLUSTER = 13,
	BOOT_RESERVED = 14,
	BOOT_FATS = 16,
	BOOT_ROOT_ENTRIES = 17,
	BOOT_TOTAL16 = 19,
	BOOT_FAT16 = 22,
	BOOT_TOTAL32 = 32,
	BOOT_FAT32 = 36,
	BOOT_FLAGS = 40,
	BOOT_ROOT_CLUSTER = 44,
	BOOT_INFO = 48,
	BOOT_MARK16 = 37,
	BOOT_MARK32 = 65,
	BOOT_SIGNATURE = 510,
};
#define BOOT_DIRTY 1u

enum { INFO_LEAD = 0, INFO_MIDDLE = 484, INFO_FREE = 488, INFO_NEXT = 492 };

#define CLUSTERS_MAX12 0xff5u
#define CLUSTERS_MAX16 0xfff5u
#define CLUSTERS_MAX32 0x0ffffff5u

/* Renames that were under way at a time are found in groups of CHECK_TWINS. */
#define ROUNDS_MAX 64

int check_damaged(struct check *check, const char *why, uint32_t cluster)
{
	if (!check->report->why) {
		check->report->why = why;
		check->report->cluster = cluster;
	}
	return FAT_CHECK_DAMAGED;
}

/* --- the boot sector -------------------------------------------------------------------------- */

static int not_fat(struct check *check, const char *why)
{
	check->report->why = why;
	return -EINVAL;
}

/* The number of clusters tells the kind. */
static int kind_read(struct check *check, const uint8_t *boot, uint32_t clusters)
{
	if (clusters <= CLUSTERS_MAX16) {
		check->bits = clusters <= CLUSTERS_MAX12 ? 12 : 16;
		if (!check->root_entries)
			return not_fat(check, "no root directory");
	} else {
		uint16_t flags = le16_load(boot + BOOT_FLAGS);

		check->bits = 32;
		if (clusters > CLUSTERS_MAX32 || check->root_entries)
			return not_fat(check, "too many clusters");
		check->root_cluster = le32_load(boot + BOOT_ROOT_CLUSTER);
		check->info = le16_load(boot + BOOT_INFO);
		if (flags & 0x80) {
			check->mirrored = false;
			check->active = flags & 15;
			if (check->active >= check->fats)
				return not_fat(check, "an active FAT that is not there");
		}
	}
	return 0;
}

static int boot_read(struct check *check, const uint8_t *boot)
{
	uint32_t sector_bytes = le16_load(boot + BOOT_SECTOR);
	uint32_t reserved = le16_load(boot + BOOT_RESERVED), total, fat_size, root_sectors;
	uint64_t clusters, entries;

	check->mirrored = true;
	check->fats = boot[BOOT_FATS];
	check->root_entries = le16_load(boot + BOOT_ROOT_ENTRIES);
	total = le16_load(boot + BOOT_TOTAL16);
	total = total ? total : le32_load(boot + BOOT_TOTAL32);
	fat_size = le16_load(boot + BOOT_FAT16);
	fat_size = fat_size ? fat_size : le32_load(boot + BOOT_FAT32);
	if (boot[BOOT_SIGNATURE] != 0x55 || boot[BOOT_SIGNATURE + 1] != 0xaa)
		return not_fat(check, "no boot sector");
	if (!is_pow2(sector_bytes) || sector_bytes < CHECK_SECTOR || sector_bytes > 4096 ||
	    !is_pow2(boot[BOOT_CLUSTER]) || !reserved || !check->fats || check->fats > 2 ||
	    !fat_size)
		return not_fat(check, "a boot sector of another file system");
	if (check->root_entries % (sector_bytes / 32))
		return not_fat(check, "a root directory of an odd size");
	check->unit = sector_bytes / CHECK_SECTOR;
	check->cluster_sectors = check->unit * boot[BOOT_CLUSTER];
	check->cluster_bytes = check->cluster_sectors * CHECK_SECTOR;
	root_sectors = check->root_entries / (CHECK_SECTOR / 32);
	check->fat_first = (uint64_t)reserved * check->unit;
	check->fat_sectors = (uint64_t)fat_size * check->unit;
	check->root_first = check->fat_first + check->fat_sectors * check->fats;
	check->data_first = check->root_first + root_sectors;
	if ((uint64_t)total * check->unit > check->volume->sectors)
		return not_fat(check, "larger than its device");
	if ((uint64_t)total * check->unit < check->data_first + check->cluster_sectors)
		return not_fat(check, "no clusters");
	clusters = ((uint64_t)total * check->unit - check->data_first) / check->cluster_sectors;
	if (clusters > CLUSTERS_MAX32)
		return not_fat(check, "too many clusters");
	check->end = (uint32_t)clusters + 2;
	if (kind_read(check, boot, (uint32_t)clusters))
		return -EINVAL;
	entries = check->fat_sectors * CHECK_SECTOR * 8 / check->bits;
	if (entries < check->end)
		return not_fat(check, "a FAT that is too small");
	if (check->bits == 32 && (check->root_cluster < 2 || check->root_cluster >= check->end))
		return not_fat(check, "a root directory that is nowhere");
	if (check->info >= reserved)
		check->info = 0;
	return 0;
}

/* --- the FAT ---------------------------------------------------------------------------------- */

static uint64_t fat_sector(const struct check *check, unsigned copy, uint64_t at)
{
	return check->fat_first + check->fat_sectors * copy + at;
}

static uint32_t window_count(const struct check *check, uint64_t at)
{
	return (uint32_t)MIN(check->fat_sectors - at, (uint64_t)CHECK_WINDOW / CHECK_SECTOR);
}

int fat_write_back(struct check *check)
{
	int error = 0;

	if (check->window_dirty)
		error = check->volume->write(check->volume->context,
					     fat_sector(check, check->active, check->window_at),
					     window_count(check, check->window_at), check->window);
	check->window_dirty = false;
	return error;
}

static int window_load(struct check *check, uint64_t at)
{
	int error;

	if (at == check->window_at)
		return 0;
	error = fat_write_back(check);
	check->window_at = CHECK_NOWHERE;
	if (!error)
		error = check->volume->read(check->volume->context,
					    fat_sector(check, check->active, at),
					    window_count(check, at), check->window);
	if (!error)
		check->window_at = at;
	return error;
}

/* The entry's byte in the window, which is loaded. A FAT12 is one window. */
static int entry_load(struct check *check, uint32_t cluster, uint8_t **entry)
{
	uint64_t byte = check->bits == 12 ? cluster + cluster / 2
					  : (uint64_t)cluster * check->bits / 8;
	int error = window_load(check, byte / CHECK_WINDOW * (CHECK_WINDOW / CHECK_SECTOR));

	*entry = check->window + byte % CHECK_WINDOW;
	return error;
}

int fat_get(struct check *check, uint32_t cluster, uint32_t *value)
{
	uint32_t mask = check->bits == 32 ? 0x0fffffff : (1u << check->bits) - 1, raw;
	uint8_t *entry;
	int error = entry_load(check, cluster, &entry);

	if (error)
		return error;
	if (check->bits == 32)
		raw = le32_load(entry) & mask;
	else
		raw = (le16_load(entry) >> (check->bits == 12 && cluster % 2 ? 4 : 0)) & mask;
	if (raw >= mask - 7)
		*value = CHECK_END;
	else if (raw == FAT_FREE)
		*value = FAT_FREE;
	else
		*value = raw < 2 || raw >= check->end ? FAT_BAD : raw;
	return 0;
}

/* Only in CHECK_REPAIR. */
int fat_put(struct check *check, uint32_t cluster, uint32_t value)
{
	uint8_t *entry;
	int error = entry_load(check, cluster, &entry);

	if (error)
		return error;
	if (check->bits == 32)
		le32_store(entry, (le32_load(entry) & 0xf0000000) | (value & 0x0fffffff));
	else if (check->bits == 16)
		le16_store(entry, (uint16_t)value);
	else if (cluster % 2)
		le16_store(entry, (uint16_t)((le16_load(entry) & 0x000f) | value << 4));
	else
		le16_store(entry, (uint16_t)((le16_load(entry) & 0xf000) | (value & 0xfff)));
	check->window_dirty = true;
	return 0;
}

static bool is_bad_mark(const struct check *check, const uint8_t *entry, uint32_t cluster)
{
	if (check->bits == 32)
		return (le32_load(entry) & 0x0fffffff) == 0x0ffffff7;
	if (check->bits == 16)
		return le16_load(entry) == 0xfff7;
	return ((le16_load(entry) >> (cluster % 2 ? 4 : 0)) & 0xfff) == 0xff7;
}

/* --- the clusters nobody has ------------------------------------------------------------------ */

static int cluster_settle(struct check *check, uint32_t cluster)
{
	uint32_t value;
	uint8_t *entry;
	int error = fat_get(check, cluster, &value);

	if (error || bit_get(check->used, cluster))
		return error;
	if (value == FAT_BAD && !entry_load(check, cluster, &entry) &&
	    is_bad_mark(check, entry, cluster))
		return 0;
	check->report->free++;
	if (value == FAT_FREE)
		return 0;
	check->report->lost++;
	return fat_put(check, cluster, FAT_FREE);
}

/* The window is as it shall be: make the copies so, sector by sector. */
static int window_copy(struct check *check)
{
	uint64_t at = check->window_at;
	uint32_t count = window_count(check, at);

	for (unsigned copy = 0; check->mirrored && copy < check->fats; copy++) {
		if (copy == check->active)
			continue;
		for (uint32_t i = 0; i < count; i++) {
			uint64_t sector = fat_sector(check, copy, at + i);
			const uint8_t *from = check->window + i * CHECK_SECTOR;
			int error = check->volume->read(check->volume->context, sector, 1,
							check->spare);

			if (error)
				return error;
			if (!memcmp(check->spare, from, CHECK_SECTOR))
				continue;
			check->report->copies = true;
			error = check->volume->write(check->volume->context, sector, 1, from);
			if (error)
				return error;
		}
	}
	return 0;
}

/* The bits of the FAT's second entry that say "not unmounted": set means clean. */
static int fat_mark_clean(struct check *check)
{
	uint8_t *entry;
	int error;

	if (check->bits == 12)
		return 0;
	error = entry_load(check, 1, &entry);
	if (error)
		return error;
	entry += check->bits / 8 - 1;
	if ((*entry & (check->bits == 32 ? 0x0c : 0xc0)) != (check->bits == 32 ? 0x0c : 0xc0)) {
		*entry |= check->bits == 32 ? 0x0c : 0xc0;
		check->window_dirty = true;
	}
	return 0;
}

static int clusters_settle(struct check *check)
{
	int error = fat_mark_clean(check);

	check->report->free = 0;
	for (uint32_t cluster = 2; !error && cluster < check->end; cluster++) {
		uint64_t before = check->window_at;

		/* The next entry may be in the next window: first finish this one. */
		if (before != CHECK_NOWHERE && check->bits != 12 &&
		    (uint64_t)cluster * check->bits / 8 % CHECK_WINDOW == 0)
			error = window_copy(check);
		if (!error)
			error = cluster_settle(check, cluster);
	}
	if (!error && check->window_at != CHECK_NOWHERE)
		error = window_copy(check);
	return error ? error : fat_write_back(check);
}

static int info_settle(struct check *check)
{
	uint64_t at = (uint64_t)check->info * check->unit;
	uint8_t *info = check->spare;
	int error;

	if (!check->info)
		return 0;
	error = check->volume->read(check->volume->context, at, 1, info);
	if (error || le32_load(info + INFO_LEAD) != 0x41615252 ||
	    le32_load(info + INFO_MIDDLE) != 0x61417272)
		return error;
	if (le32_load(info + INFO_FREE) == check->report->free)
		return 0;
	le32_store(info + INFO_FREE, check->report->free);
	le32_store(info + INFO_NEXT, 2);
	return check->volume->write(check->volume->context, at, 1, info);
}

/* --- all of it -------------------------------------------------------------------------------- */

static int tree_walk(struct check *check, enum check_mode mode)
{
	check->mode = mode;
	memset(check->used, 0, check->words * sizeof(*check->used));
	memset(check->directories, 0, check->words * sizeof(*check->directories));
	check->directory_next = 2;
	return check_tree(check);
}

/*
 * Several names for one chain: keep the best. What was found is walked again without the others,
 * so that no name goes that something else hangs on (a directory within itself).
 */
static int twins_settle(struct check *check)
{
	int result;

	for (unsigned i = 0; i < check->twin_count; i++)
		check->twins[i].place = CHECK_NOWHERE;
	result = tree_walk(check, CHECK_RANK);
	for (unsigned i = 0; i < check->twin_count; i++)
		check->twins[i].seen = false;
	if (!result)
		result = tree_walk(check, CHECK_LOOK);
	for (unsigned i = 0; !result && i < check->twin_count; i++)
		if (!check->twins[i].seen)
			result = check_damaged(check, "chains that meet", check->twins[i].start);
	for (unsigned i = 0; !result && i < check->loser_count; i++) {
		result = check_entry_remove(check, check->losers[i]);
		check->report->names++;
	}
	check->twin_count = check->loser_count = 0;
	return result ? result : check->volume->flush(check->volume->context);
}

static int repair(struct check *check)
{
	const struct fat_check_volume *volume = check->volume;
	int result = 0;

	for (unsigned round = 0; !result; round++) {
		check->changed = false;
		result = tree_walk(check, CHECK_LOOK);
		if (result || !check->twin_count)
			break;
		if (round == ROUNDS_MAX)
			return check_damaged(check, "many names for one chain",
					     check->twins[0].start);
		result = twins_settle(check);
	}
	if (!result && check->changed) {
		result = tree_walk(check, CHECK_REPAIR);
		result = result ? result : fat_write_back(check);
		result = result ? result : volume->flush(volume->context);
	}
	result = result ? result : clusters_settle(check);
	result = result ? result : info_settle(check);
	result = result ? result : volume->flush(volume->context);
	return result ? result : fat_check_mark(volume, false);
}

static int check_begin(struct check *check, const struct fat_check_volume *volume,
		       struct fat_check_report *report)
{
	int error;

	memset(check, 0, sizeof(*check));
	memset(report, 0, sizeof(*report));
	check->volume = volume;
	check->report = report;
	check->window_at = check->sector_at = CHECK_NOWHERE;
	error = volume->sectors ? volume->read(volume->context, 0, 1, check->spare)
				: not_fat(check, "empty");
	return error ? error : boot_read(check, check->spare);
}

int fat_check(const struct fat_check_volume *volume, size_t memory, struct fat_check_report *report)
{
	struct check *check = memory < sizeof(*check) ? NULL : heap_alloc(sizeof(*check));
	size_t bytes;
	int result;

	if (!check) {
		memset(report, 0, sizeof(*report));
		return -ENOMEM;
	}
	result = check_begin(check, volume, report);
	if (!result) {
		check->words = check->end / 64 + 1;
		bytes = check->words * sizeof(uint64_t);
		check->used = (memory - sizeof(*check)) / 2 < bytes ? NULL : heap_alloc(bytes);
		check->directories = check->used ? heap_alloc(bytes) : NULL;
		result = check->directories ? repair(check) : -ENOMEM;
		heap_free(check->directories);
		heap_free(check->used);
	}
	heap_free(check);
	return result;
}

/* --- the mark --------------------------------------------------------------------------------- */

int fat_check_is_dirty(const struct fat_check_volume *volume)
{
	struct fat_check_report report;
	struct check *check = heap_alloc(sizeof(*check));
	uint8_t *entry;
	int result;

	if (!check)
		return -ENOMEM;
	result = check_begin(check, volume, &report);
	if (!result) {
		result = check->spare[check->bits == 32 ? BOOT_MARK32 : BOOT_MARK16] & BOOT_DIRTY;
		if (!result && check->bits != 12 && !(result = entry_load(check, 1, &entry)))
			result = !(entry[check->bits / 8 - 1] & (check->bits == 32 ? 8 : 0x80));
	}
	heap_free(check);
	return result;
}

int fat_check_mark(const struct fat_check_volume *volume, bool dirty)
{
	struct fat_check_report report;
	struct check *check = heap_alloc(sizeof(*check));
	uint8_t *mark;
	int result;

	if (!check)
		return -ENOMEM;
	result = check_begin(check, volume, &report);
	mark = check->spare + (check->bits == 32 ? BOOT_MARK32 : BOOT_MARK16);
	if (!result && (*mark & BOOT_DIRTY) != dirty) {
		*mark = (uint8_t)((*mark & ~BOOT_DIRTY) | (dirty ? BOOT_DIRTY : 0));
		result = volume->write(volume->context, 0, 1, check->spare);
		result = result ? result : volume->flush(volume->context);
	}
	heap_free(check);
	return result;
}
