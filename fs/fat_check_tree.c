/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk over all directories of a FAT volume. Each directory is walked once, in the order of the
 * bitmap of those that are still to come, so neither depth nor loops cost memory. Every cluster
 * is marked when a chain reaches it: one that is reached twice ends the walk, except for the first
 * cluster of a chain (a second name).
 */
#include <base/bits.h>
#include <base/endian.h>

#include "fat_check.h"

enum {
	ENTRY_NAME = 0,
	ENTRY_ATTRIBUTES = 11,
	ENTRY_FLAGS = 12,
	ENTRY_CREATED = 14,
	ENTRY_HIGH = 20,
	ENTRY_WRITTEN = 22,
	ENTRY_LOW = 26,
	ENTRY_SIZE = 28,
	ENTRY_BYTES = 32,
};
#define ATTRIBUTE_LABEL	    0x08u
#define ATTRIBUTE_DIRECTORY 0x10u
#define ATTRIBUTE_LONG	    0x0fu
#define ENTRY_GONE	    0xe5u
#define LONG_LAST	    0x40u
#define LONG_CHECKSUM	    13
#define LONG_PARTS	    20u
#define PER_SECTOR	    (CHECK_SECTOR / ENTRY_BYTES)
/* The specification's bound: 2 MiB. */
#define DIRECTORY_ENTRIES_MAX 65536u

/* A directory that is being walked. */
struct directory {
	uint32_t first; /* 0: the root of FAT12 and FAT16 */
	bool root;
	bool ended; /* behind the entry that says so */
	/* The parts of a long name so far, of which the next is number `part`. */
	uint64_t parts[LONG_PARTS];
	unsigned part_count, part;
	uint8_t checksum;
};

/* Write the directory's sector back, if it was changed. */
static int sector_write_back(struct check *check)
{
	int error = 0;

	if (check->sector_dirty)
		error = check->volume->write(check->volume->context, check->sector_at, 1,
					     check->sector);
	check->sector_dirty = false;
	return error;
}

static int sector_load(struct check *check, uint64_t sector)
{
	int error = sector_write_back(check);

	if (error || sector == check->sector_at)
		return error;
	check->sector_at = CHECK_NOWHERE;
	error = check->volume->read(check->volume->context, sector, 1, check->sector);
	if (!error)
		check->sector_at = sector;
	return error;
}

/* Change bytes of an entry, in the sector that is walked or in another one. */
static int entry_patch(struct check *check, uint64_t place, unsigned at, const void *bytes,
		       unsigned size)
{
	uint64_t sector = place / PER_SECTOR;
	const uint8_t *from = bytes;
	uint8_t *to;
	int error;

	at += place % PER_SECTOR * ENTRY_BYTES;
	to = check->sector;
	if (sector != check->sector_at) {
		to = check->spare;
		error = check->volume->read(check->volume->context, sector, 1, to);
		if (error)
			return error;
	}
	for (unsigned i = 0; i < size; i++)
		to[at + i] = from[i];
	if (to == check->sector)
		check->sector_dirty = true;
	else
		return check->volume->write(check->volume->context, sector, 1, to);
	return 0;
}

static int entry_set_first_byte(struct check *check, uint64_t place, uint8_t value)
{
	return entry_patch(check, place, ENTRY_NAME, &value, 1);
}

int check_entry_remove(struct check *check, uint64_t place)
{
	int error = entry_set_first_byte(check, place, ENTRY_GONE);

	return error ? error : sector_write_back(check);
}

/* Something is to be repaired: counts it, and says whether to do it now. */
static bool to_repair(struct check *check, uint32_t *counter)
{
	if (check->mode == CHECK_LOOK)
		check->changed = true;
	if (check->mode == CHECK_REPAIR)
		++*counter;
	return check->mode == CHECK_REPAIR;
}

/* --- long names ------------------------------------------------------------------------------- */

static uint8_t name_checksum(const uint8_t *name)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

/* Parts without their name go. */
static int parts_drop(struct check *check, struct directory *directory)
{
	int error = 0;

	for (unsigned i = 0; !error && i < directory->part_count; i++)
		if (to_repair(check, &check->report->entries))
			error = entry_set_first_byte(check, directory->parts[i], ENTRY_GONE);
	directory->part_count = 0;
	return error;
}

static int part_add(struct check *check, struct directory *directory, const uint8_t *entry,
		    uint64_t place)
{
	unsigned order = entry[ENTRY_NAME] & (LONG_LAST - 1);
	int error = 0;

	if (entry[ENTRY_NAME] & LONG_LAST || !directory->part_count || !order ||
	    order != directory->part || entry[LONG_CHECKSUM] != directory->checksum) {
		error = parts_drop(check, directory);
		directory->checksum = entry[LONG_CHECKSUM];
		/* A part that no name can begin with is dropped when the next entry comes. */
		directory->part = 0;
		if (entry[ENTRY_NAME] & LONG_LAST && order <= LONG_PARTS)
			directory->part = order;
	}
	directory->parts[directory->part_count++] = place;
	directory->part = directory->part ? directory->part - 1 : LONG_LAST;
	return error;
}

/* An entry with a name follows: are the parts this name's? */
static bool parts_match(const struct directory *directory, const uint8_t *entry)
{
	return directory->part_count && !directory->part &&
	       directory->checksum == name_checksum(entry);
}

/* --- chains ----------------------------------------------------------------------------------- */

/*
 * Mark a chain of at most `needed` clusters and cut what is behind. `count` is how many there are.
 * The first one is not marked, and taken.
 */
static int chain_mark(struct check *check, uint32_t cluster, uint32_t needed, uint32_t *count)
{
	uint32_t next;
	int error;

	for (*count = 0;; cluster = next) {
		bit_set(check->used, cluster);
		++*count;
		error = fat_get(check, cluster, &next);
		if (error)
			return error;
		if (next == CHECK_END)
			return 0;
		if (next == FAT_FREE || *count == needed) {
			uint32_t *counter = next == FAT_FREE ? &check->report->sizes
							     : &check->report->cut;

			return to_repair(check, counter) ? fat_put(check, cluster, CHECK_END) : 0;
		}
		if (next == FAT_BAD)
			return check_damaged(check, "a chain that leads nowhere", cluster);
		if (bit_get(check->used, next))
			return check_damaged(check, "chains that meet", next);
	}
}

/* --- several names for one chain -------------------------------------------------------------- */

static struct check_twin *twin_find(struct check *check, uint32_t start)
{
	for (unsigned i = 0; i < check->twin_count; i++)
		if (check->twins[i].start == start)
			return &check->twins[i];
	return NULL;
}

static void twin_describe(struct check_twin *twin, const uint8_t *entry, uint64_t place,
			  bool has_long)
{
	twin->place = place;
	twin->age = entry[ENTRY_FLAGS] >> FAT_AGE_SHIFT;
	twin->written = le32_load(entry + ENTRY_WRITTEN);
	twin->created = le32_load(entry + ENTRY_CREATED);
	twin->weak = false;
	for (unsigned i = 0; !has_long && i < 8; i++)
		twin->weak |= entry[i] == '~';
}

/* Is `a` the better name: whole, then renamed later, then written or created later? */
static bool twin_better(const struct check_twin *a, const struct check_twin *b)
{
	unsigned ahead = (a->age - b->age) & 3;

	if (a->weak != b->weak)
		return b->weak;
	if (ahead)
		return ahead == 1;
	if (a->written != b->written)
		return a->written > b->written;
	return a->created > b->created;
}

/* CHECK_RANK: an entry of one of the twins. */
static int twin_rank(struct check *check, struct check_twin *twin, const uint8_t *entry,
		     uint64_t place, bool has_long)
{
	struct check_twin other = *twin;
	uint64_t loser = place;

	if (twin->place == CHECK_NOWHERE) {
		twin_describe(twin, entry, place, has_long);
		return 0;
	}
	twin_describe(&other, entry, place, has_long);
	if (twin_better(&other, twin)) {
		loser = twin->place;
		*twin = other;
	}
	if (check->loser_count == CHECK_LOSERS)
		return check_damaged(check, "many names for one chain", twin->start);
	check->losers[check->loser_count++] = loser;
	return 0;
}

static bool is_loser(const struct check *check, uint64_t place)
{
	for (unsigned i = 0; check->mode != CHECK_RANK && i < check->loser_count; i++)
		if (check->losers[i] == place)
			return true;
	return false;
}

/* The chain was reached before. Once there are losers, all twins are known, or wait for a round. */
static int twin_add(struct check *check, uint32_t start, bool directory)
{
	struct check_twin *twin = twin_find(check, start);
	bool settled = check->mode != CHECK_RANK && check->loser_count;

	if (start == check->root_cluster)
		return check_damaged(check, "a root directory within itself", start);
	if (check->mode == CHECK_REPAIR || (twin && (twin->directory != directory || settled)))
		return check_damaged(check, "chains that meet", start);
	if (twin || settled || check->mode == CHECK_RANK || check->twin_count == CHECK_TWINS)
		return 0;
	check->twins[check->twin_count++] =
		(struct check_twin){.start = start, .directory = directory, .place = CHECK_NOWHERE};
	return 0;
}

/* --- entries ---------------------------------------------------------------------------------- */

static bool name_is_dots(const uint8_t *entry, unsigned dots)
{
	for (unsigned i = 0; i < 11; i++)
		if (entry[i] != (i < dots ? '.' : ' '))
			return false;
	return true;
}

static uint32_t entry_start(const struct check *check, const uint8_t *entry)
{
	uint32_t high = check->bits == 32 ? le16_load(entry + ENTRY_HIGH) : 0;

	return (high << 16 | le16_load(entry + ENTRY_LOW)) & 0x0fffffff;
}

static int entry_set_start(struct check *check, uint64_t place, uint32_t start)
{
	uint8_t bytes[2];
	int error;

	le16_store(bytes, (uint16_t)start);
	error = entry_patch(check, place, ENTRY_LOW, bytes, 2);
	if (error || check->bits != 32)
		return error;
	le16_store(bytes, (uint16_t)(start >> 16));
	return entry_patch(check, place, ENTRY_HIGH, bytes, 2);
}

static int entry_set_size(struct check *check, uint64_t place, uint32_t size)
{
	uint8_t bytes[4];

	le32_store(bytes, size);
	return entry_patch(check, place, ENTRY_SIZE, bytes, 4);
}

/* A directory's own entries: itself and the one above. */
static int dots_check(struct check *check, uint32_t first, const struct directory *above)
{
	uint64_t sector = cluster_sector(check, first);
	uint32_t wanted[2] = {first, above->root ? 0 : above->first};
	int error = 0;

	if (check->mode == CHECK_RANK || twin_find(check, first))
		return 0;
	for (unsigned i = 0; !error && i < 2; i++) {
		const uint8_t *entry = check->spare + i * ENTRY_BYTES;

		/* Again for the second: a repair has used the buffer. */
		error = check->volume->read(check->volume->context, sector, 1, check->spare);
		if (error)
			return error;
		if (!name_is_dots(entry, i + 1) || !(entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY))
			return check_damaged(check, "a directory that is none", first);
		if (entry_start(check, entry) != wanted[i] &&
		    to_repair(check, &check->report->entries))
			error = entry_set_start(check, sector * PER_SECTOR + i, wanted[i]);
	}
	return error;
}

static int entry_directory(struct check *check, const struct directory *above, uint64_t place,
			   uint32_t start)
{
	uint32_t value, count;
	int error = fat_get(check, start, &value);

	if (error)
		return error;
	if (value == FAT_FREE) {
		if (to_repair(check, &check->report->entries))
			error = entry_set_first_byte(check, place, ENTRY_GONE);
		return error;
	}
	error = dots_check(check, start, above);
	error = error ? error : chain_mark(check, start, check->end, &count);
	if (error)
		return error;
	bit_set(check->directories, start);
	check->directory_next = MIN(check->directory_next, start);
	return 0;
}

/* No clusters, no size. */
static int file_empty(struct check *check, uint64_t place, uint32_t *counter)
{
	int error;

	if (!to_repair(check, counter))
		return 0;
	error = entry_set_start(check, place, 0);
	return error ? error : entry_set_size(check, place, 0);
}

static int entry_file(struct check *check, uint64_t place, uint32_t start, uint32_t size)
{
	uint32_t needed, count, value;
	int error = fat_get(check, start, &value);

	if (error)
		return error;
	if (value == FAT_FREE)
		return file_empty(check, place, &check->report->sizes);
	needed = size / check->cluster_bytes + (size % check->cluster_bytes != 0);
	error = chain_mark(check, start, needed, &count);
	if (error || count == needed)
		return error;
	if (to_repair(check, &check->report->sizes))
		error = entry_set_size(check, place, count * check->cluster_bytes);
	return error;
}

static int entry_check(struct check *check, struct directory *directory, const uint8_t *entry,
		       uint64_t place, bool has_long)
{
	bool is_directory = entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY;
	uint32_t start = entry_start(check, entry), size = le32_load(entry + ENTRY_SIZE);
	struct check_twin *twin;

	if (is_loser(check, place))
		return 0;
	if (!is_directory && !size)
		return start ? file_empty(check, place, &check->report->cut) : 0;
	if (!is_directory && !start)
		return file_empty(check, place, &check->report->sizes);
	if (start < 2 || start >= check->end || (is_directory && start == directory->first))
		return check_damaged(check, "an entry that leads nowhere", start);
	twin = twin_find(check, start);
	if (twin && check->mode == CHECK_RANK) {
		int error = twin_rank(check, twin, entry, place, has_long);

		if (error)
			return error;
	}
	if (bit_get(check->used, start))
		return twin_add(check, start, is_directory);
	if (twin) {
		twin->seen = true;
		if (twin->directory != is_directory)
			return check_damaged(check, "a file that is a directory", start);
	}
	if (is_directory)
		return entry_directory(check, directory, place, start);
	return entry_file(check, place, start, size);
}

static int entry_visit(struct check *check, struct directory *directory, uint64_t place)
{
	const uint8_t *entry = check->sector + place % PER_SECTOR * ENTRY_BYTES;
	uint8_t first = entry[ENTRY_NAME];
	bool has_long = false;
	int error = 0;

	if (directory->ended) {
		/* Behind the end is nothing, but some programs look there. */
		if (first && to_repair(check, &check->report->entries))
			error = entry_set_first_byte(check, place, 0);
		return error;
	}
	if (first && first != ENTRY_GONE && (entry[ENTRY_ATTRIBUTES] & 0x3f) == ATTRIBUTE_LONG)
		return part_add(check, directory, entry, place);
	has_long = first && first != ENTRY_GONE && parts_match(directory, entry);
	if (!has_long)
		error = parts_drop(check, directory);
	directory->ended = !first;
	if (!error && first && first != ENTRY_GONE && first != '.' &&
	    !(entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_LABEL))
		error = entry_check(check, directory, entry, place, has_long);
	/* Where the entry went, its parts go as well. */
	if (!error && has_long && entry[ENTRY_NAME] == ENTRY_GONE)
		error = parts_drop(check, directory);
	directory->part_count = 0;
	return error;
}

/* --- directories ------------------------------------------------------------------------------ */

static int sectors_visit(struct check *check, struct directory *directory, uint64_t sector,
			 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int error = sector_load(check, sector + i);

		for (unsigned j = 0; !error && j < PER_SECTOR; j++)
			error = entry_visit(check, directory, (sector + i) * PER_SECTOR + j);
		if (error)
			return error;
	}
	return 0;
}

static int directory_visit(struct check *check, uint32_t first, bool root)
{
	struct directory directory = {.first = first, .root = root};
	uint32_t cluster = first, entries = 0;
	int error = 0;

	if (!first)
		error = sectors_visit(check, &directory, check->root_first,
				      check->root_entries / PER_SECTOR);
	while (!error && first) {
		entries += check->cluster_bytes / ENTRY_BYTES;
		if (entries > MAX(DIRECTORY_ENTRIES_MAX, check->cluster_bytes / ENTRY_BYTES))
			return check_damaged(check, "an endless directory", first);
		error = sectors_visit(check, &directory, cluster_sector(check, cluster),
				      check->cluster_sectors);
		error = error ? error : fat_get(check, cluster, &cluster);
		/* The rest was looked at when its clusters were marked. */
		if (!error && (cluster == CHECK_END || cluster == FAT_FREE))
			break;
		if (!error && cluster == FAT_BAD)
			return check_damaged(check, "a chain that leads nowhere", first);
	}
	error = error ? error : parts_drop(check, &directory);
	return error ? error : sector_write_back(check);
}

/* A directory that is still to be walked, or 0. */
static uint32_t directory_take(struct check *check)
{
	for (size_t i = check->directory_next / 64; i < check->words; i++) {
		uint64_t word = check->directories[i];

		if (word) {
			uint32_t found = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);

			bit_clear(check->directories, found);
			check->directory_next = found;
			return found;
		}
	}
	return 0;
}

int check_tree(struct check *check)
{
	uint32_t count, next = check->root_cluster;
	int error = 0;

	check->sector_at = CHECK_NOWHERE;
	if (next) {
		error = fat_get(check, next, &count);
		if (!error && (count == FAT_FREE || count == FAT_BAD))
			return check_damaged(check, "no root directory", next);
		error = error ? error : chain_mark(check, next, check->end, &count);
	}
	error = error ? error : directory_visit(check, next, true);
	while (!error && (next = directory_take(check)))
		error = directory_visit(check, next, false);
	return error;
}
