/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links between two sectors of the FAT. One that reached the medium ahead of the end it leads to
 * would be a chain that runs into free clusters. So it is kept here until that end is there; in the
 * FAT, as the cache has it, the chain ends meanwhile where it did. No entry counts what is behind
 * such a link (fat_links_settle()). Where a link and its end are in one sector nothing is kept.
 */
#include "fat.h"

#include <base/compiler.h>
#include <dev/block.h>

#define IN_TWO UINT32_MAX /* sectors, as some entries of FAT12 are */

static NOINLINE uint32_t sector_of(const FATFS *fat, uint32_t cluster)
{
	uint32_t first = cluster + cluster / 2; /* byte, of FAT12; 30 bits of FAT32 */

	if (fat->fs_type != FS_FAT12)
		first = cluster << (fat->fs_type == FS_FAT16 ? 1 : 2);
	else if (first % BLOCK_SECTOR == BLOCK_SECTOR - 1)
		return IN_TWO;
	return first / BLOCK_SECTOR;
}

bool fat_links_whole(const struct fat_volume *volume, uint32_t cluster)
{
	return sector_of(&volume->fat, cluster) != IN_TWO;
}

static uint32_t find(const struct fat_volume *volume, uint32_t from)
{
	for (uint32_t i = 0; i < volume->link_count; i++)
		if (volume->links[i].from == from)
			return volume->links[i].to;
	return 0;
}

static void forget(struct fat_volume *volume, uint32_t from)
{
	struct fat_link *link = volume->links, *end = link + volume->link_count;

	while (link < end && link->from != from)
		link++;
	if (link < end)
		*link = volume->links[--volume->link_count];
}

/* What was kept up to that round goes into the FAT: its ends are on the medium. */
static int apply(struct fat_volume *volume, uint32_t round)
{
	int error = 0;

	for (uint32_t i = volume->link_count; i-- > 0 && !error;) {
		const struct fat_link *link = &volume->links[i];

		if ((int32_t)(link->round - round) > 0)
			continue;
		error = fat_lib_put(volume, link->from, link->to);
		if (!error)
			forget(volume, link->from);
	}
	return error;
}

/*
 * All allocations to the medium, then the links. With the lock let go others come meanwhile: those
 * are left.
 */
static int settle(struct fat_volume *volume, bool unlock)
{
	uint32_t round = volume->link_round;
	int error;

	volume->link_round++;
	error = fat_lib_flush(volume);
	if (error)
		return error;
	block_cache_hold(volume->cache);
	if (unlock)
		mutex_unlock(&volume->lock);
	error = block_cache_commit_held(volume->cache, BLOCK_ALLOCATION);
	if (unlock)
		mutex_lock(&volume->lock);
	return error ? error : apply(volume, round);
}

static const struct fat_links_ops ops = {find, forget, settle};

int fat_links_add(struct fat_volume *volume, uint32_t from, uint32_t to, uint32_t last)
{
	uint32_t sector = sector_of(&volume->fat, from);
	int error = 0;

	if (sector != IN_TWO && sector == sector_of(&volume->fat, to) &&
	    sector == sector_of(&volume->fat, last))
		return fat_lib_put(volume, from, to);
	if (volume->link_count == FAT_LINKS)
		error = fat_links_settle(volume);
	if (error)
		return error;
	volume->links_ops = &ops;
	volume->links[volume->link_count++] = (struct fat_link){from, to, volume->link_round};
	return 0;
}
