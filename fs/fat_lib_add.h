/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A part of fs/fat_lib.c, where alone the library's inner functions are seen: making names. The
 * order of what is written here is what a cut of power leaves: docs/storage.md.
 */
#pragma once

/*
 * A cluster more for a directory of FAT whose last entry dp stands at: cleared before it is linked,
 * because a commit may come between. FR_DENIED: it cannot be longer.
 */
static FRESULT stretch(FF_DIR *dp)
{
	FATFS *fat = dp->obj.fs;
	struct fat_volume *volume = CONTAINER_OF(fat, struct fat_volume, fat);
	FRESULT result;
	DWORD made;

	if (!dp->clust || dp->dptr + SZDIRE >= MAX_DIR || (dp->dptr + SZDIRE) % volume->cluster ||
	    get_fat(&dp->obj, dp->clust) < fat->n_fatent)
		return FR_DENIED;
	result = take_cluster(fat, dp->clust + 1, &made);
	if (result != FR_OK)
		return result;
	result = dir_clear(fat, made);
	/* The library knows of no link that is not in the FAT. */
	if (result == FR_OK) {
		volume->error = fat_links_add(volume, dp->clust, made, made);
		if (!volume->error)
			volume->error = fat_links_settle(volume);
		if (volume->error) {
			fat_links_forget(volume, dp->clust);
			result = FR_DISK_ERR;
		}
	}
	volume->leaks |= result != FR_OK;
	return result;
}

int fat_lib_stretch(struct fat_inode *dir, uint32_t last_offset, uint32_t *cluster)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FF_DIR dp;
	FRESULT result = look_at(&dp, dir, last_offset);

	if (result == FR_OK)
		result = stretch(&dp);
	if (result == FR_OK)
		*cluster = volume->fat.last_clst;
	return fat_lib_error(volume, result);
}

static FRESULT put_byte(struct fat_inode *dir, uint32_t offset, BYTE byte)
{
	FF_DIR dp;
	FRESULT result = look_at(&dp, dir, offset);

	if (result == FR_OK && *dp.dir != byte) {
		*dp.dir = byte;
		dp.obj.fs->wflag = 1;
	}
	return result;
}

/*
 * A name goes where entries were never used: what is left out ahead of it is free from now on, and
 * the end is behind it, whatever other systems left there.
 */
static FRESULT move_end(struct fat_inode *dir, uint32_t end, uint32_t first, uint32_t behind)
{
	FRESULT result = FR_OK;

	if (behind > end)
		result = put_byte(dir, behind, 0);
	if (result == FR_INT_ERR) /* the directory ends there */
		result = FR_OK;
	for (; end < first && result == FR_OK; end += SZDIRE)
		result = put_byte(dir, end, DDEM);
	return result;
}

int fat_lib_put_name(struct fat_inode *dir, const struct fat_name *name, uint32_t end,
		     struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FATFS *fat = &volume->fat;
	uint32_t at = entry->first_offset, left = name->entries;
	FRESULT result;
	FF_DIR dp;
	int error = fat_removed_settle(dir, name->text, at + (left - 1) * SZDIRE);

	if (!error)
		error = fat_links_settle(volume);
	if (error)
		return error;
	result = move_end(dir, end, at, at + left * SZDIRE);
	if (result != FR_OK)
		return fat_lib_error(volume, result);
	for (;; at += SZDIRE) {
		result = look_at(&dp, dir, at);
		if (result == FR_OK && *dp.dir && *dp.dir != DDEM)
			return -ESTALE;
		if (result != FR_OK)
			return fat_lib_error(volume, result);
		if (!--left)
			break;
		put_lfn(volume->name, dp.dir, (BYTE)left, sum_sfn(name->text));
		fat->wflag = 1;
	}
	memset(dp.dir, 0, SZDIRE);
	memcpy(dp.dir, name->text, 11);
	dp.dir[DIR_NTres] = name->text[NSFLAG] & (NS_BODY | NS_EXT);
	put_entry(fat, dp.dir, entry);
	entry->last_offset = at;
	return 0;
}

/* The short form of a name that is none itself: with a number that no other one has. */
static FRESULT number_name(FF_DIR *dp, struct fat_name *name)
{
	struct fat_volume *volume = CONTAINER_OF(dp->obj.fs, struct fat_volume, fat);
	FRESULT result = FR_OK;

	if (name->exact)
		return FR_OK;
	for (unsigned number = 1; result == FR_OK; number++) {
		if (number == 100)
			return FR_DENIED;
		gen_numname(dp->fn, name->text, volume->name, number);
		dp->fn[NSFLAG] = NS_NOLFN;
		result = dir_find(dp);
	}
	memcpy(name->text, dp->fn, 11);
	return result == FR_NO_FILE ? FR_OK : result;
}

/*
 * Free entries for a name, in one sector where they fit into one: nothing but a sector reaches the
 * medium as a whole. *end: entries from there on were never used.
 */
static FRESULT find_room(FF_DIR *dp, uint32_t count, bool anywhere, uint32_t *at, uint32_t *end)
{
	uint32_t run = 0;
	FRESULT result = dir_sdi(dp, 0);

	*end = FAT_NO_END;
	while (result == FR_OK && (result = move_window(dp->obj.fs, dp->sect)) == FR_OK) {
		if (!anywhere && dp->dptr / SZDIRE % FAT_TOGETHER == 0)
			run = 0;
		if (!*dp->dir && *end == FAT_NO_END)
			*end = dp->dptr;
		run = *dp->dir && *dp->dir != DDEM ? 0 : run + 1;
		if (run == count) {
			*at = dp->dptr - (count - 1) * SZDIRE;
			return FR_OK;
		}
		result = dir_next(dp, 0);
		if (result != FR_NO_FILE)
			continue;
		result = stretch(dp);
		if (result == FR_OK)
			result = dir_sdi(dp, dp->dptr + SZDIRE);
	}
	return result;
}

static int add_exfat(FF_DIR *dp, struct fat_inode *dir, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	int error = fat_links_settle(volume);

	if (error)
		return error;
	error = fat_lib_error(volume, dir_register(dp));
	volume->scanned = dp->dptr;
	close_dir(dp, dir);
	if (error)
		return error;
	put_set(volume->set, entry);
	entry->first_offset = dp->blk_ofs;
	entry->last_offset = dp->blk_ofs + volume->set[XDIR_NumSec] * SZDIRE;
	return fat_lib_error(volume, store_xdir(dp));
}

int fat_lib_add(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_name wanted;
	uint32_t end, count;
	FRESULT result;
	FF_DIR dp;
	int error;

	open_dir(&dp, dir);
	error = set_name(&dp, name, length);
	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	if (error)
		return error;
	if (fat_is_exfat(volume))
		return add_exfat(&dp, dir, entry);
	error = fat_lib_name(volume, name, length, &wanted);
	if (error)
		return error;
	count = wanted.entries;
	result = number_name(&dp, &wanted);
	if (result == FR_OK) {
		result = find_room(&dp, count, count > FAT_TOGETHER, &entry->first_offset, &end);
		if (result == FR_DENIED)
			result = find_room(&dp, count, true, &entry->first_offset, &end);
	}
	volume->scanned = dp.dptr;
	if (result != FR_OK)
		return fat_lib_error(volume, result);
	return fat_lib_put_name(dir, &wanted, end, entry);
}
