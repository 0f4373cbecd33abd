/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links between two sectors of the FAT. One that reached the medium ahead of the end it leads to
 * would be a chain that runs into free clusters. So it is kept here until that end is there; in the
 * FAT, as the cache has it, the chain ends meanwhile where it did. No entry counts what is behind
 * such a link (fat_links_settle()). Where a link and its end are in one sector nothing is kept.
 */
#include "fat.h"

#include <dev/block.h>

/* The first and the last byte of a cluster's entry: on FAT12 they may be in two sectors. */
static uint64_t first_byte(const FATFS *fat, uint32_t cluster)
{
	switch (fat->fs_type) {
	case FS_FAT12:
		return cluster + cluster / 2;
	case FS_FAT16:
		return (uint64_t)cluster * 2;
	default:
		return (uint64_t)cluster * 4;
	}
}

static uint64_t last_byte(const FATFS *fat, uint32_t cluster)
{
	return first_byte(fat, cluster) + (fat->fs_type < FS_FAT32 ? 1 : 3);
}

bool fat_links_together(const struct fat_volume *volume, uint32_t a, uint32_t b)
{
	const FATFS *fat = &volume->fat;
	uint64_t sector = first_byte(fat, a) / BLOCK_SECTOR;

	return last_byte(fat, a) / BLOCK_SECTOR == sector &&
	       first_byte(fat, b) / BLOCK_SECTOR == sector &&
	       last_byte(fat, b) / BLOCK_SECTOR == sector;
}

uint32_t fat_links_find(const struct fat_volume *volume, uint32_t from)
{
	for (uint32_t i = 0; i < volume->link_count; i++)
		if (volume->links[i].from == from)
			return volume->links[i].to;
	return 0;
}

void fat_links_forget(struct fat_volume *volume, uint32_t from)
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
		struct fat_link link = volume->links[i];

		if ((int32_t)(link.round - round) > 0)
			continue;
		error = fat_lib_put(volume, link.from, link.to);
		if (!error)
			fat_links_forget(volume, link.from);
	}
	return error;
}

int fat_links_order(struct fat_volume *volume)
{
	int error = fat_lib_flush(volume);

	if (error)
		return error;
	block_cache_hold(volume->cache);
	return block_cache_commit_held(volume->cache, BLOCK_ALLOCATION);
}

int fat_links_settle(struct fat_volume *volume)
{
	int error;

	if (!volume->link_count)
		return 0;
	error = fat_links_order(volume);
	return error ? error : apply(volume, volume->link_round);
}

int fat_links_begin_commit(struct fat_volume *volume)
{
	uint32_t round;
	int error;

	if (!volume->link_count)
		return 0;
	error = fat_lib_flush(volume);
	if (error)
		return error;
	round = volume->link_round++;
	block_cache_hold(volume->cache);
	mutex_unlock(&volume->lock);
	error = block_cache_commit_held(volume->cache, BLOCK_ALLOCATION);
	mutex_lock(&volume->lock);
	if (!error)
		error = apply(volume, round);
	/* What came meanwhile, if anything did: who commits waits for no others a second time. */
	return error ? error : fat_links_settle(volume);
}

int fat_links_add(struct fat_volume *volume, uint32_t from, uint32_t to, uint32_t last)
{
	int error = 0;

	if (fat_links_together(volume, from, to) && fat_links_together(volume, to, last))
		return fat_lib_put(volume, from, to);
	if (volume->link_count == FAT_LINKS)
		error = fat_links_settle(volume);
	if (!error)
		volume->links[volume->link_count++] = (struct fat_link){from, to,
									volume->link_round};
	return error;
}
