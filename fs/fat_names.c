/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of a directory by its index, so that what a name costs does not grow with the directory. A
 * directory gets one when it was searched far twice. Where there is none (small directories, exFAT,
 * no memory) the directory is searched from its beginning. An index that something failed under is
 * given up. volume->lock is held in all functions.
 */
#include "fat.h"

#include <errno.h>
#include <string.h>

#include <base/bits.h>

#define LONG_SEARCH 1024 /* bytes of a directory */
#define TEXT	    11	 /* of a short name */
#define NUMBERS	    99	 /* short names that are tried, as the library does */

/* --- hashes ----------------------------------------------------------------------------------- */

static uint32_t hash_step(uint32_t hash, uint32_t value)
{
	return (hash ^ value) * 0x01000193; /* FNV-1a, of units instead of bytes */
}

static uint32_t hash_end(uint32_t hash)
{
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6d;
	return hash ^ hash >> 13;
}

static uint32_t hash_short(const uint8_t *text)
{
	uint32_t hash = 0x811c9dc5;

	for (unsigned i = 0; i < TEXT; i++)
		hash = hash_step(hash, text[i]);
	return hash_end(hash);
}

static WCHAR upper(WCHAR unit)
{
	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? unit & ~0x20 : unit;
	return (WCHAR)ff_wtoupper(unit);
}

static uint32_t hash_long(const WCHAR *name)
{
	uint32_t hash = 0x050c5d1f;

	while (*name)
		hash = hash_step(hash, upper(*name++));
	return hash_end(hash);
}

static bool same_long(const WCHAR *a, const WCHAR *b)
{
	while (*a && upper(*a) == upper(*b))
		a++, b++;
	return !*a && !*b;
}

/* --- building --------------------------------------------------------------------------------- */

/* How many clusters a directory has, up to `most`; to[] may be NULL. 0: that cannot be told. */
static uint32_t walk(struct fat_inode *dir, uint32_t *to, uint32_t most)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	int64_t cluster = dir->first ? dir->first : volume->fat.dirbase;
	uint32_t count = 0;

	for (; cluster != FAT_END; cluster = fat_lib_get(volume, (uint32_t)cluster)) {
		if (cluster < 2 || count == most)
			return 0;
		if (to)
			to[count] = (uint32_t)cluster;
		count++;
	}
	return count;
}

static struct fat_index *make(struct fat_inode *dir)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t per_cluster = volume->cluster / FAT_ENTRY, clusters;
	struct fat_index *index;

	if (!dir->first && volume->fat.fs_type != FS_FAT32)
		return fat_index_make(volume, 0, volume->fat.n_rootdir, 0);
	clusters = walk(dir, NULL, FAT_INDEX_ENTRIES / per_cluster);
	if (!clusters)
		return NULL;
	index = fat_index_make(volume, dir->first, clusters * per_cluster, clusters);
	if (index)
		index->cluster_count = walk(dir, index->clusters, clusters);
	return index && index->cluster_count == clusters ? index : NULL;
}

/* Both forms of a name into the index, or out of it. */
static bool enter(struct fat_volume *volume, struct fat_index *index, const struct fat_entry *entry,
		  const uint8_t *text)
{
	uint32_t first = entry->first_offset / FAT_ENTRY, last = entry->last_offset / FAT_ENTRY;

	if (entry->attributes & FAT_LABEL)
		return true;
	if (entry->attributes & AM_DIR)
		index->links++;
	if (first != last && !fat_index_insert(index, hash_long(volume->other_name), first, 0))
		return false;
	return fat_index_insert(index, hash_short(text), last, last - first);
}

static bool leave(struct fat_volume *volume, struct fat_index *index, const struct fat_entry *entry,
		  const uint8_t *text)
{
	uint32_t first = entry->first_offset / FAT_ENTRY, last = entry->last_offset / FAT_ENTRY;

	if (entry->attributes & AM_DIR)
		index->links--;
	if (first != last && !fat_index_remove(index, hash_long(volume->other_name), first))
		return false;
	return fat_index_remove(index, hash_short(text), last);
}

static bool fill(struct fat_inode *dir, struct fat_index *index)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_entry entry;
	uint32_t offset = 0;
	uint8_t text[TEXT];
	int more, state;

	while ((more = fat_lib_next_both(dir, &offset, &entry, text)) > 0)
		if (!enter(volume, index, &entry, text))
			return false;
	for (uint32_t i = 0; i < index->entries && more >= 0; i++) {
		state = fat_lib_state(dir, i * FAT_ENTRY);
		if (state < 0)
			return false;
		if (!state)
			break;
		if (state == FAT_FREE)
			index->end = i + 1;
		else
			fat_index_take(index, i, 1);
	}
	return more >= 0;
}

static struct fat_index *build(struct fat_inode *dir)
{
	struct fat_index *index = make(dir);

	if (index && fill(dir, index))
		return index;
	fat_index_drop(fat_volume(&dir->inode), dir->first);
	return NULL;
}

void fat_names_searched(struct fat_inode *dir, uint32_t bytes)
{
	struct fat_volume *volume = fat_volume(&dir->inode);

	if (bytes < LONG_SEARCH || fat_is_exfat(volume) || fat_index_find(volume, dir->first))
		return;
	if (volume->long_scan == dir->first + UINT64_C(1))
		build(dir);
	volume->long_scan = dir->first + UINT64_C(1);
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool is_named(const struct fat_volume *volume, const struct fat_name *name,
		     const uint8_t *text)
{
	if (name->exact && !memcmp(text, name->text, TEXT))
		return true;
	return volume->other_name[0] && same_long(volume->name, volume->other_name);
}

/*
 * Names with that hash: 0, or an error; -ESTALE: the index is wrong. Of several on a damaged volume
 * the first counts, as a search would find it.
 */
static int look(struct fat_inode *dir, const struct fat_index *index, uint32_t hash,
		const struct fat_name *name, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t at = FAT_INDEX_NONE;
	struct fat_entry found;
	uint8_t text[TEXT];

	while ((at = fat_index_next(index, hash, at)) != FAT_INDEX_NONE) {
		uint32_t first = (at - index->nodes[at].ahead) * FAT_ENTRY, offset = first;
		int more = fat_lib_next_both(dir, &offset, &found, text);

		if (more < 0)
			return more;
		if (!more || found.first_offset != first)
			return -ESTALE;
		if (first < entry->first_offset && is_named(volume, name, text))
			*entry = found;
	}
	return 0;
}

static int find(struct fat_inode *dir, const struct fat_index *index, const char *name,
		size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_name wanted;
	int error = fat_lib_name(volume, name, length, &wanted);

	if (error)
		return error;
	entry->first_offset = FAT_INDEX_NONE;
	error = look(dir, index, hash_long(volume->name), &wanted, entry);
	if (!error && wanted.exact)
		error = look(dir, index, hash_short(wanted.text), &wanted, entry);
	return error || entry->first_offset != FAT_INDEX_NONE ? error : -ENOENT;
}

int fat_names_find(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	const struct fat_index *index = fat_index_find(volume, dir->first);
	int error = index ? find(dir, index, name, length, entry) : -ESTALE;

	if (error != -ESTALE)
		return error;
	fat_index_drop(volume, dir->first);
	error = fat_lib_find(dir, name, length, entry);
	if (!error || error == -ENOENT)
		fat_names_searched(dir, volume->scanned);
	return error;
}

/* --- adding ----------------------------------------------------------------------------------- */

/* 1: a name has that short form, 0, or an error. */
static int has_short(struct fat_inode *dir, const struct fat_index *index, const uint8_t *text)
{
	uint32_t at = FAT_INDEX_NONE, hash = hash_short(text);
	struct fat_entry found;
	uint8_t other[TEXT];

	while ((at = fat_index_next(index, hash, at)) != FAT_INDEX_NONE) {
		uint32_t offset = at * FAT_ENTRY;
		int more = fat_lib_next_both(dir, &offset, &found, other);

		if (more < 0)
			return more;
		if (more && !memcmp(text, other, TEXT))
			return 1;
	}
	return 0;
}

static int choose_number(struct fat_inode *dir, const struct fat_index *index,
			 struct fat_name *name)
{
	uint8_t text[TEXT + 1];

	for (unsigned number = 1; number <= NUMBERS; number++) {
		int has;

		fat_lib_numbered(fat_volume(&dir->inode), name, number, text);
		has = has_short(dir, index, text);
		if (has < 0)
			return has;
		if (!has) {
			memcpy(name->text, text, TEXT);
			return 0;
		}
	}
	return -ENOSPC;
}

/* Free entries in a row. -ESTALE: the index must be made anew, and larger. */
static int make_room(struct fat_inode *dir, struct fat_index *index, uint32_t count, uint32_t *at)
{
	uint32_t cluster;
	int error;

	while ((*at = fat_index_room(index, count, false)) == FAT_INDEX_NONE) {
		if (index->cluster_count && !fat_index_can_grow(index))
			return -ESTALE;
		error = fat_lib_stretch(dir, (index->entries - 1) * FAT_ENTRY, &cluster);
		if (error == -ENOSPC)
			*at = fat_index_room(index, count, true);
		if (error)
			return error == -ENOSPC && *at != FAT_INDEX_NONE ? 0 : error;
		fat_index_grow(index, cluster);
	}
	return 0;
}

/* The name is on the medium when this returns 0; the index may be gone then. */
static int put(struct fat_inode *dir, struct fat_index *index, const struct fat_name *name,
	       uint32_t at, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	int error;

	entry->first_offset = at * FAT_ENTRY;
	error = fat_lib_put_name(dir, name, index->end * FAT_ENTRY, entry);
	if (error)
		return error;
	fat_index_take(index, at, name->entries);
	memcpy(volume->other_name, volume->name, sizeof(volume->name));
	if (!enter(volume, index, entry, name->text))
		fat_index_drop(volume, dir->first);
	return 0;
}

static int add(struct fat_inode *dir, struct fat_index *index, const char *name, size_t length,
	       struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_name wanted;
	uint32_t at;
	int error = fat_lib_name(volume, name, length, &wanted);

	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	if (!error && !wanted.exact)
		error = choose_number(dir, index, &wanted);
	if (!error)
		error = make_room(dir, index, wanted.entries, &at);
	if (error == -ESTALE) {
		index = build(dir);
		error = index ? make_room(dir, index, wanted.entries, &at) : -ESTALE;
	}
	return error ? error : put(dir, index, &wanted, at, entry);
}

int fat_names_add(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_index *index = fat_index_find(volume, dir->first);
	int error = index ? add(dir, index, name, length, entry) : -ESTALE;

	if (!error || error == -ENOSPC || error == -EINVAL || error == -ENAMETOOLONG)
		return error;
	fat_index_drop(volume, dir->first);
	if (error != -ESTALE)
		return error;
	error = fat_lib_add(dir, name, length, entry);
	if (!error)
		fat_names_searched(dir, volume->scanned);
	return error;
}

/* --- removing --------------------------------------------------------------------------------- */

/* Out of the index: false, it is not as the medium says. */
static bool forget(struct fat_inode *dir, struct fat_index *index, uint32_t first, uint32_t last)
{
	struct fat_entry entry;
	uint32_t offset = first;
	uint8_t text[TEXT];

	return fat_lib_next_both(dir, &offset, &entry, text) > 0 && entry.first_offset == first &&
	       entry.last_offset == last && leave(fat_volume(&dir->inode), index, &entry, text);
}

int fat_names_remove(struct fat_inode *dir, uint32_t first_offset, uint32_t last_offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_index *index = fat_index_find(volume, dir->first);
	bool known = index && forget(dir, index, first_offset, last_offset);
	int error = fat_lib_remove(dir, first_offset, last_offset);

	if (known && !error)
		fat_index_give(index, first_offset / FAT_ENTRY,
			       (last_offset - first_offset) / FAT_ENTRY + 1);
	else
		fat_index_drop(volume, dir->first);
	return error;
}
