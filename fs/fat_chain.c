/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clusters of files. What was seen of a chain is remembered as runs of neighbours, so that the FAT
 * is read once. volume->lock is held in all functions.
 */
#include "fat.h"

#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/endian.h>
#include <mem/heap.h>

#define LOOK_AHEAD 256 /* clusters that are looked up beyond the one that is asked for */

uint64_t fat_place(const struct fat_volume *volume, uint32_t cluster)
{
	const FATFS *fat = &volume->fat;

	return (fat->database + (uint64_t)(cluster - 2) * fat->csize) * fat->ssize;
}

static uint64_t clusters_of(const struct fat_volume *volume, uint64_t bytes)
{
	return (bytes + volume->cluster - 1) >> volume->cluster_shift;
}

static uint32_t index_behind(const struct fat_run *run)
{
	return run->index + run->count;
}

/*
 * After fat_lib_get() for the cluster before: how many from this one on are followed by their
 * neighbours, as far as the piece of the FAT tells that is at hand. 0 says nothing.
 */
static uint32_t neighbours(const struct fat_volume *volume, uint32_t cluster)
{
	const FATFS *fat = &volume->fat;
	uint32_t size = fat->fs_type == FS_FAT16 ? 2 : 4, first = cluster;
	uint32_t at = cluster % (fat->ssize / size) * size;

	if (fat->fs_type == FS_FAT12 ||
	    fat->winsect != fat->fatbase + cluster / (fat->ssize / size))
		return 0;
	for (; at < fat->ssize && cluster + 1 < fat->n_fatent; at += size, cluster++) {
		const uint8_t *entry = fat->win + at;
		uint32_t next = size == 2 ? le16_load(entry) : le32_load(entry);

		if ((fat->fs_type == FS_FAT32 ? next & 0x0fffffff : next) != cluster + 1)
			break;
	}
	return cluster - first;
}

/* Remember that `count` clusters from `index` on are `first`, …; where there is no room, do not. */
static void remember(struct fat_inode *file, uint32_t index, uint32_t first, uint32_t count)
{
	struct fat_run *last = file->run_count ? &file->runs[file->run_count - 1] : NULL, *larger;

	if (index != (last ? index_behind(last) : 0))
		return;
	if (last && last->first + last->count == first) {
		last->count += count;
		return;
	}
	if (file->run_count == file->run_room) {
		uint32_t room = file->run_room ? file->run_room * 4 : 2;

		if (room > FAT_RUNS_MAX)
			return;
		larger = heap_alloc(room * sizeof(*larger));
		if (!larger)
			return;
		if (last)
			memcpy(larger, file->runs, file->run_count * sizeof(*larger));
		heap_free(file->runs);
		file->runs = larger;
		file->run_room = room;
	}
	file->runs[file->run_count++] = (struct fat_run){index, first, count};
}

/* Forget what is said of clusters from `index` on. */
static void forget_from(struct fat_inode *file, uint32_t index)
{
	file->seen.count = 0;
	WRITE_ONCE(file->near.bytes, 0);
	while (file->run_count && file->runs[file->run_count - 1].index >= index)
		file->run_count--;
	if (file->run_count) {
		struct fat_run *last = &file->runs[file->run_count - 1];

		last->count = MIN(last->count, index - last->index);
	}
}

static const struct fat_run *find_run(const struct fat_inode *file, uint32_t index)
{
	uint32_t low = 0, high = file->run_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (index < file->runs[middle].index)
			high = middle;
		else if (index >= index_behind(&file->runs[middle]))
			low = middle + 1;
		else
			return &file->runs[middle];
	}
	return NULL;
}

/*
 * Walk the chain from where it is known to `index` and somewhat further. *run is the piece that
 * holds `index`. -ENXIO: the chain ends before; then file->clusters is known.
 */
static int walk(struct fat_inode *file, uint32_t index, struct fat_run *run)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	struct fat_run at = {0, file->first, 1};

	if (!file->first) {
		file->clusters = 0;
		return -ENXIO;
	}
	if (file->run_count) {
		at = file->runs[file->run_count - 1];
		if (file->seen.count && file->seen.index <= index)
			at = file->seen;
		at = (struct fat_run){index_behind(&at) - 1, at.first + at.count - 1, 1};
	} else {
		remember(file, 0, file->first, 1);
	}
	while (index_behind(&at) <= index || index_behind(&at) - index < LOOK_AHEAD) {
		uint32_t behind = index_behind(&at), more;
		int64_t next = fat_lib_get(volume, at.first + at.count - 1);

		if (next == FAT_END) {
			file->clusters = behind;
			break;
		}
		/* A free cluster, or more of them than there are: the chain is damaged. */
		if (next <= 0 || behind >= volume->fat.n_fatent)
			return next < 0 ? (int)next : -EIO;
		if (next == at.first + at.count) {
			more = 1 + neighbours(volume, (uint32_t)next);
			remember(file, behind, (uint32_t)next, more);
			at.count += more;
			continue;
		}
		remember(file, behind, (uint32_t)next, 1);
		if (behind > index)
			break;
		at = (struct fat_run){behind, (uint32_t)next, 1};
	}
	if (!file->run_count || index_behind(&at) > index_behind(&file->runs[file->run_count - 1]))
		file->seen = at;
	if (index >= index_behind(&at))
		return -ENXIO;
	*run = at;
	return 0;
}

static int run_of(struct fat_inode *file, uint32_t index, struct fat_run *run)
{
	const struct fat_run *known;

	if (file->contiguous) {
		*run = (struct fat_run){0, file->first, file->clusters};
		return index < file->clusters ? 0 : -ENXIO;
	}
	known = find_run(file, index);
	if (known) {
		*run = *known;
		return 0;
	}
	if (index >= file->clusters)
		return -ENXIO;
	return walk(file, index, run);
}

int fat_map(struct fat_inode *file, uint64_t offset, uint64_t *place, uint64_t *bytes)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint64_t index = offset >> volume->cluster_shift, within;
	struct fat_run run;
	int error = index < FAT_NOT_ALL ? run_of(file, (uint32_t)index, &run) : -ENXIO;

	if (error)
		return error == -ENXIO ? -EIO : error;
	within = offset - ((uint64_t)run.index << volume->cluster_shift);
	*place = fat_place(volume, run.first) + within;
	*bytes = ((uint64_t)run.count << volume->cluster_shift) - within;
	return 0;
}

/* Walk to the end of the chain, so that file->clusters is known. */
static int find_end(struct fat_inode *file)
{
	uint32_t index = file->run_count ? index_behind(&file->runs[file->run_count - 1]) : 0;
	struct fat_run run;
	int error = 0;

	for (; !error && file->clusters == FAT_NOT_ALL; index = index_behind(&run))
		error = walk(file, index, &run);
	return error == -ENXIO ? 0 : error;
}

/* The last cluster of a chain whose length is known, 0 where there is none. */
static int last_cluster(struct fat_inode *file, uint32_t count, uint32_t *cluster)
{
	struct fat_run run;
	int error;

	*cluster = 0;
	if (!count)
		return 0;
	error = run_of(file, count - 1, &run);
	if (!error)
		*cluster = run.first + (count - 1 - run.index);
	return error == -ENXIO ? -EIO : error;
}

/* Chain `count` neighbours in the FAT; what follows them is `next`. */
static int link_run(struct fat_volume *volume, uint32_t first, uint32_t count, uint32_t next)
{
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++)
		error = fat_lib_put(volume, first + i, i + 1 < count ? first + i + 1 : next);
	return error;
}

static void count_free(struct fat_volume *volume, int64_t more)
{
	FATFS *fat = &volume->fat;

	if (fat->free_clst <= fat->n_fatent - 2)
		fat->free_clst = (DWORD)(fat->free_clst + more);
}

/* Up to `want` free neighbours, beginning at `goal` if that can be. */
static int64_t find_run_free(struct fat_volume *volume, uint32_t goal, uint32_t want,
			     uint32_t *first)
{
	int64_t found = fat_lib_find_free(volume, goal);
	uint32_t count = 1;

	if (found < 0)
		return found;
	*first = (uint32_t)found;
	while (count < want && fat_lib_is_free(volume, *first + count))
		count++;
	return count;
}

/* Append a run of free clusters to a chain, whose last cluster is `last`. */
static int append(struct fat_inode *file, uint32_t last, uint32_t first, uint32_t count)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	bool exfat = fat_is_exfat(volume), joins = !last || last + 1 == first;
	int error = exfat ? fat_lib_mark(volume, first, count, true) : 0;

	if (!error && exfat && file->contiguous && !joins) {
		/* From now on the FAT has its chain. */
		error = link_run(volume, file->first, file->clusters, UINT32_MAX);
		if (!error) {
			remember(file, 0, file->first, file->clusters);
			file->contiguous = false;
		}
	}
	if (!error && exfat && !last)
		file->contiguous = true;
	if (!error && !file->contiguous)
		error = link_run(volume, first, count, UINT32_MAX);
	if (!error && !file->contiguous && last)
		error = fat_links_add(volume, last, first, first + count - 1);
	if (error)
		return error;
	if (!last)
		file->first = first;
	if (!file->contiguous)
		remember(file, file->clusters, first, count);
	file->clusters += count;
	volume->fat.last_clst = first + count - 1;
	count_free(volume, -(int64_t)count);
	return 0;
}

int fat_extend(struct fat_inode *file, uint64_t size)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint64_t need = clusters_of(volume, size);
	uint32_t last, first = 0;
	int error = find_end(file);

	if (!error)
		error = last_cluster(file, file->clusters, &last);
	while (!error && file->clusters < need) {
		uint32_t goal = last ? last + 1 : volume->fat.last_clst + 1;
		uint64_t want = need - file->clusters;
		int64_t count = find_run_free(volume, goal,
					      (uint32_t)MIN(want, (uint64_t)UINT32_MAX), &first);

		error = count < 0 ? (int)count : append(file, last, first, (uint32_t)count);
		last = first + (uint32_t)count - 1;
	}
	__atomic_store_n(&file->inode.blocks,
			 (uint64_t)file->clusters << (volume->cluster_shift - 9), __ATOMIC_RELAXED);
	return error;
}

/* --- giving back ------------------------------------------------------------------------------ */

static int free_run(struct fat_volume *volume, uint32_t first, uint32_t count)
{
	int error = 0;

	if (fat_is_exfat(volume))
		error = fat_lib_mark(volume, first, count, false);
	if (error)
		return error;
	count_free(volume, count);
	block_cache_drop(volume->cache, fat_place(volume, first),
			 (size_t)count << volume->cluster_shift);
	return 0;
}

/* Free a chain, run by run. On exFAT `count` says that it is not in the FAT. */
static int free_chain(struct fat_volume *volume, uint32_t first, uint32_t count)
{
	uint32_t start = first, run = 1;

	if (count)
		return free_run(volume, first, count);
	for (;;) {
		uint32_t cluster = start + run - 1;
		int64_t next = fat_lib_get(volume, cluster);
		int error = 0;

		if (next < 0)
			return (int)next;
		if (next == 0) /* free already: the medium was damaged */
			return run > 1 ? free_run(volume, start, run - 1) : 0;
		fat_links_forget(volume, cluster);
		if (!fat_is_exfat(volume))
			error = fat_lib_put(volume, cluster, 0);
		if (!error && next == start + run) {
			run++;
			continue;
		}
		if (!error)
			error = free_run(volume, start, run);
		if (error || next == FAT_END)
			return error;
		start = (uint32_t)next;
		run = 1;
	}
}

/* Without memory for the note the clusters are lost until the next check of the volume. */
static void note(struct fat_volume *volume, uint32_t first, uint32_t count)
{
	struct fat_chain *chain = heap_alloc(sizeof(*chain));

	if (!chain) {
		volume->leaks = true;
		return;
	}
	*chain = (struct fat_chain){volume->gone, first, count, volume->commit};
	volume->gone = chain;
}

void fat_forget(struct fat_inode *file)
{
	struct fat_volume *volume = fat_volume(&file->inode);

	/* Nobody will read it any more, so it need not be written. */
	for (uint32_t i = 0; i < file->run_count; i++)
		block_cache_drop(volume->cache, fat_place(volume, file->runs[i].first),
				 (size_t)file->runs[i].count << volume->cluster_shift);
	if (file->contiguous)
		block_cache_drop(volume->cache, fat_place(volume, file->first),
				 (size_t)file->clusters << volume->cluster_shift);
	if (file->first)
		note(volume, file->first, file->contiguous ? file->clusters : 0);
	file->first = 0;
}

int fat_free_gone(struct fat_volume *volume, uint32_t commit)
{
	struct fat_chain **link = &volume->gone, *chain;
	int error = 0, result;

	while ((chain = *link)) {
		if ((int32_t)(chain->commit - commit) > 0) {
			link = &chain->next;
			continue;
		}
		*link = chain->next;
		result = free_chain(volume, chain->first, chain->count);
		volume->leaks |= result != 0;
		error = error ? error : result;
		heap_free(chain);
	}
	return error;
}

int fat_trim(struct fat_inode *file, uint64_t size)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint32_t keep = (uint32_t)clusters_of(volume, size), last;
	int error = find_end(file);
	int64_t next = 0;

	if (error || file->clusters <= keep)
		return error;
	error = last_cluster(file, keep, &last);
	if (!error && file->contiguous) {
		/* Only the bitmap counts them. */
		error = free_run(volume, file->first + keep, file->clusters - keep);
	} else if (!error && keep) {
		/* First the end, then what was behind it. */
		next = fat_lib_get(volume, last);
		error = next < 0 ? (int)next : fat_lib_put(volume, last, UINT32_MAX);
		if (!error)
			fat_links_forget(volume, last);
		if (!error && next != FAT_END)
			note(volume, (uint32_t)next, 0);
	} else if (!error) {
		error = free_chain(volume, file->first, 0);
	}
	if (error)
		return error;
	forget_from(file, keep);
	file->clusters = keep;
	if (!keep) {
		file->first = 0;
		file->contiguous = false;
	}
	__atomic_store_n(&file->inode.blocks, (uint64_t)keep << (volume->cluster_shift - 9),
			 __ATOMIC_RELAXED);
	return 0;
}
