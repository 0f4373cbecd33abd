/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FAT library, unmodified, included here because what the file system needs of it are its
 * inner functions: entries without their clusters, the table without files. What it calls a drive
 * is our volume; its window onto one sector is all the buffer it has.
 *
 * volume->lock is held in all functions.
 */
#include "fat.h"

#include <errno.h>

#if !FAT_EXFAT
#undef FF_FS_EXFAT
#define FF_FS_EXFAT 0
#endif
#include <ff.c>
#include <ffunicode.c>

#include <base/date.h>
#include <kernel/clock.h>

#if !FAT_EXFAT
/* What fat_is_exfat() keeps from being called. */
FRESULT load_xdir(FF_DIR *dir);
FRESULT store_xdir(FF_DIR *dir);
DWORD find_bitmap(FATFS *fat, DWORD cluster, DWORD count);
FRESULT change_bitmap(FATFS *fat, DWORD cluster, DWORD count, int used);
QWORD ld_qword(const BYTE *from);
void st_qword(BYTE *to, QWORD value);
#endif

#define DIR_LIMIT 0x10000000 /* bytes of a directory, whatever the medium says */

int fat_lib_error(struct fat_volume *volume, int result)
{
	switch (result) {
	case FR_OK:
		return 0;
	case FR_NO_FILE:
		return -ENOENT;
	case FR_DENIED:
		return -ENOSPC;
	case FR_INVALID_NAME:
	case FR_NO_FILESYSTEM:
		return -EINVAL;
	default:
		result = volume->error ? volume->error : -EIO;
		volume->error = 0;
		return result;
	}
}

/* --- what the library calls ------------------------------------------------------------------- */

DRESULT disk_read(void *drive, BYTE *buffer, DWORD sector, UINT count)
{
	struct fat_volume *volume = drive;
	uint64_t size = volume->fat.ssize;
	int error = block_cache_read(volume->cache, sector * size, buffer, count * size);

	if (error)
		volume->error = error;
	return error ? RES_ERROR : RES_OK;
}

static bool is_exfat(const FATFS *fat)
{
	return FAT_EXFAT && fat->fs_type == FS_EXFAT;
}

/* The tables of allocation. */
static bool is_table(const FATFS *fat, DWORD sector)
{
	if (is_exfat(fat) && sector - fat->bitbase < (fat->n_fatent / 8 + fat->ssize) / fat->ssize)
		return true;
	return sector - fat->fatbase < fat->fsize * fat->n_fats;
}

DRESULT disk_write(void *drive, const BYTE *buffer, DWORD sector, UINT count)
{
	struct fat_volume *volume = drive;
	uint64_t size = volume->fat.ssize;
	int error = block_cache_write(
		volume->cache, is_table(&volume->fat, sector) ? BLOCK_ALLOCATION : volume->class,
		sector * size, buffer, count * size);

	if (error)
		volume->error = error;
	return error ? RES_ERROR : RES_OK;
}

DRESULT disk_ioctl(void *drive, BYTE command, void *buffer)
{
	struct fat_volume *volume = drive;

	if (command == GET_SECTOR_SIZE)
		*(WORD *)buffer = volume->fat.ssize;
	else if (command == IOCTL_INIT || command == IOCTL_STATUS)
		*(DSTATUS *)buffer = volume->read_only ? STA_PROTECT : 0;
	return RES_OK;
}

/* --- times: local time counts as UTC ---------------------------------------------------------- */

/* Days, hours and so on as FAT has them; seconds are even. */
static uint32_t stamp(int64_t ns)
{
	struct date date;

	date_from_epoch(&date, ns < 0 ? 0 : ns / (int64_t)NS_PER_S);
	if (date.year < 1980)
		return 1 << 21 | 1 << 16;
	if (date.year > 2107)
		return 0xff9fbf7d;
	return (uint32_t)(date.year - 1980) << 25 | (uint32_t)date.month << 21 |
	       (uint32_t)date.day << 16 | (uint32_t)date.hour << 11 | (uint32_t)date.minute << 5 |
	       (uint32_t)date.second >> 1;
}

static int64_t from_stamp(uint32_t stamp, unsigned hundredths)
{
	const struct date date = {
		.year = 1980 + (int)(stamp >> 25),
		.month = stamp >> 21 & 15,
		.day = stamp >> 16 & 31,
		.hour = stamp >> 11 & 31,
		.minute = stamp >> 5 & 63,
		.second = (stamp & 31) * 2,
	};
	int64_t epoch;

	if (date_to_epoch(&date, &epoch))
		return 0;
	return epoch * (int64_t)NS_PER_S + hundredths * (int64_t)NS_PER_S / 100;
}

/* What two seconds' resolution left out, in hundredths. */
static uint8_t hundredths(int64_t ns)
{
	return ns < 0 ? 0 : (uint8_t)(ns % (2 * (int64_t)NS_PER_S) / ((int64_t)NS_PER_S / 100));
}

DWORD get_fattime(void)
{
	return stamp((int64_t)clock_realtime_ns());
}

/* --- entries ---------------------------------------------------------------------------------- */

/* The library's idea of a directory. */
static void open_dir(FF_DIR *dp, struct fat_inode *dir)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_inode *parent = dir->dir;

	memset(dp, 0, sizeof(*dp));
	dp->obj.fs = &volume->fat;
	dp->obj.sclust = dir->first;
	dp->blk_ofs = FAT_NO_LONG;
	if (!fat_is_exfat(volume))
		return;
	dp->obj.stat = dir->contiguous ? 2 : 0;
	dp->obj.objsize = dir->inode.size;
	if (!parent)
		return;
	dp->obj.c_scl = parent->first;
	dp->obj.c_size = ((DWORD)parent->inode.size & 0xffffff00) | (parent->contiguous ? 2 : 0);
	dp->obj.c_ofs = dir->entry_first;
}

/* A directory may have grown when a name was added. */
static void close_dir(const FF_DIR *dp, struct fat_inode *dir)
{
	if (fat_is_exfat(fat_volume(&dir->inode)) && dir->dir) {
		dir->inode.size = dp->obj.objsize;
		dir->contiguous = dp->obj.stat == 2;
	}
}

/* What library calls a null path cannot be an entry, nor what POSIX would allow. */
static int set_name(FF_DIR *dp, const char *name, size_t length)
{
	struct fat_volume *volume = CONTAINER_OF(dp->obj.fs, struct fat_volume, fat);
	const TCHAR *text = volume->text;
	uint8_t last = (uint8_t)name[length - 1];

	if (length > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (last == '.' || last == ' ')
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)name[i] < ' ' || name[i] == '\\')
			return -EINVAL;
	memcpy(volume->text, name, length);
	volume->text[length] = 0;
	return create_name(dp, &text) == FR_OK ? 0 : -EINVAL;
}

/* Take an entry out of the window or volume->set, where dir_find() and dir_read() put it. */
static void get_entry(const FF_DIR *dp, struct fat_entry *entry)
{
	FATFS *fat = dp->obj.fs;
	const BYTE *set = fat->dirbuf, *dir = dp->dir;

	if (is_exfat(fat)) {
		*entry = (struct fat_entry){
			.first_offset = dp->blk_ofs,
			.last_offset = dp->dptr,
			.attributes = set[XDIR_Attr],
			.contiguous = set[XDIR_GenFlags] & 2,
			.cluster = ld_dword(set + XDIR_FstClus),
			.size = ld_qword(set + XDIR_FileSize),
			.created_ns = from_stamp(ld_dword(set + XDIR_CrtTime), set[XDIR_CrtTime10]),
			.modified_ns = from_stamp(ld_dword(set + XDIR_ModTime),
						  set[XDIR_ModTime10]),
			.accessed_ns = from_stamp(ld_dword(set + XDIR_AccTime), 0),
		};
		return;
	}
	*entry = (struct fat_entry){
		.first_offset = dp->blk_ofs == FAT_NO_LONG ? dp->dptr : dp->blk_ofs,
		.last_offset = dp->dptr,
		.attributes = dir[DIR_Attr],
		.age = dir[DIR_NTres] >> FAT_AGE_SHIFT,
		.cluster = ld_clust(fat, dir),
		.size = ld_dword(dir + DIR_FileSize),
		.created_ns = from_stamp(ld_dword(dir + DIR_CrtTime), dir[DIR_CrtTime10]),
		.modified_ns = from_stamp(ld_dword(dir + DIR_ModTime), 0),
		.accessed_ns = from_stamp((DWORD)ld_word(dir + DIR_LstAccDate) << 16, 0),
	};
}

static void put_set(BYTE *set, const struct fat_entry *entry)
{
	set[XDIR_Attr] = entry->attributes;
	set[XDIR_GenFlags] = entry->contiguous && entry->cluster ? 3 : 1;
	st_dword(set + XDIR_FstClus, entry->cluster);
	st_qword(set + XDIR_FileSize, entry->size);
	st_qword(set + XDIR_ValidFileSize, entry->size);
	st_dword(set + XDIR_CrtTime, stamp(entry->created_ns));
	set[XDIR_CrtTime10] = hundredths(entry->created_ns);
	st_dword(set + XDIR_ModTime, stamp(entry->modified_ns));
	set[XDIR_ModTime10] = hundredths(entry->modified_ns);
	st_dword(set + XDIR_AccTime, stamp(entry->accessed_ns));
	/* UTC, in quarters of an hour, and valid */
	set[XDIR_CrtTZ] = set[XDIR_ModTZ] = set[XDIR_AccTZ] = 0x80;
}

static void put_entry(FATFS *fat, BYTE *dir, const struct fat_entry *entry)
{
	dir[DIR_Attr] = entry->attributes;
	dir[DIR_NTres] &= (1u << FAT_AGE_SHIFT) - 1;
	dir[DIR_NTres] |= (BYTE)(entry->age << FAT_AGE_SHIFT);
	st_clust(fat, dir, entry->cluster);
	st_dword(dir + DIR_FileSize, entry->attributes & AM_DIR ? 0 : (DWORD)entry->size);
	st_dword(dir + DIR_CrtTime, stamp(entry->created_ns));
	dir[DIR_CrtTime10] = hundredths(entry->created_ns);
	st_dword(dir + DIR_ModTime, stamp(entry->modified_ns));
	st_word(dir + DIR_LstAccDate, (WORD)(stamp(entry->accessed_ns) >> 16));
	fat->wflag = 1;
}

int fat_lib_find(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FF_DIR dp;
	int error;

	open_dir(&dp, dir);
	error = set_name(&dp, name, length);
	if (error)
		return error;
	error = fat_lib_error(volume, dir_find(&dp));
	if (!error)
		get_entry(&dp, entry);
	return error;
}

int fat_lib_add(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FF_DIR dp;
	int error;

	open_dir(&dp, dir);
	error = set_name(&dp, name, length);
	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	if (error)
		return error;
	error = fat_lib_error(volume, dir_register(&dp));
	close_dir(&dp, dir);
	if (error)
		return error;
	if (fat_is_exfat(volume)) {
		put_set(volume->set, entry);
		entry->first_offset = dp.blk_ofs;
		entry->last_offset = dp.blk_ofs + volume->set[XDIR_NumSec] * SZDIRE;
		return fat_lib_error(volume, store_xdir(&dp));
	}
	put_entry(&volume->fat, dp.dir, entry);
	entry->last_offset = dp.dptr;
	/* dir_register() does not tell, but its entries are as many as the name needs. */
	entry->first_offset = dp.dptr;
	if (dp.fn[NSFLAG] & NS_LFN) {
		unsigned units = 0;

		while (volume->name[units])
			units++;
		entry->first_offset -= (units + 12) / 13 * SZDIRE;
	}
	return 0;
}

int fat_lib_remove(struct fat_inode *dir, uint32_t first_offset, uint32_t last_offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FF_DIR dp;
	FRESULT result;

	open_dir(&dp, dir);
	result = dir_sdi(&dp, last_offset);
	if (result == FR_OK) {
		dp.blk_ofs = first_offset == last_offset ? FAT_NO_LONG : first_offset;
		result = dir_remove(&dp);
	}
	return fat_lib_error(volume, result);
}

int fat_lib_update(struct fat_inode *dir, const struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FATFS *fat = &volume->fat;
	FRESULT result;
	FF_DIR dp;
	int error = fat_lib_class(volume, BLOCK_ENTRY);

	if (error)
		return error;
	open_dir(&dp, dir);
	if (fat_is_exfat(volume)) {
		dp.blk_ofs = entry->first_offset;
		result = dir_sdi(&dp, entry->first_offset);
		if (result == FR_OK)
			result = load_xdir(&dp);
		if (result == FR_OK) {
			put_set(volume->set, entry);
			result = store_xdir(&dp);
		}
		return fat_lib_error(volume, result);
	}
	result = dir_sdi(&dp, entry->last_offset);
	if (result == FR_OK)
		result = move_window(fat, dp.sect);
	if (result == FR_OK)
		put_entry(fat, dp.dir, entry);
	return fat_lib_error(volume, result);
}

static int next_entry(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry, FF_DIR *dp)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FRESULT result;

	if (*offset >= DIR_LIMIT || *offset % SZDIRE)
		return 0;
	open_dir(dp, dir);
	result = dir_sdi(dp, *offset);
	if (result == FR_INT_ERR) /* behind the end: it became shorter, or the caller jumped */
		return 0;
	if (result == FR_OK)
		result = dir_read(dp, 0);
	if (result == FR_NO_FILE)
		return 0;
	if (result != FR_OK)
		return fat_lib_error(volume, result);
	get_entry(dp, entry);
	*offset = entry->last_offset + SZDIRE;
	return 1;
}

int fat_lib_next(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry)
{
	FF_DIR dp;

	return next_entry(dir, offset, entry, &dp);
}

int fat_lib_next_named(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry)
{
	FF_DIR dp;
	int more = next_entry(dir, offset, entry, &dp);

	if (more > 0)
		get_fileinfo(&dp, &fat_volume(&dir->inode)->info);
	return more;
}

/* --- directories ------------------------------------------------------------------------------ */

static void put_dots(FATFS *fat, uint32_t cluster, uint32_t parent, DWORD time)
{
	BYTE *dots = fat->win;

	memset(dots, ' ', 11);
	dots[0] = '.';
	dots[DIR_Attr] = AM_DIR;
	st_dword(dots + DIR_CrtTime, time);
	st_dword(dots + DIR_ModTime, time);
	st_word(dots + DIR_LstAccDate, (WORD)(time >> 16));
	st_clust(fat, dots, cluster);
	memcpy(dots + SZDIRE, dots, SZDIRE);
	dots[SZDIRE + 1] = '.';
	st_clust(fat, dots + SZDIRE, parent);
	fat->wflag = 1;
}

/* FAT writes 0 for the root, on FAT32 as well. */
static uint32_t dot_dot(struct fat_inode *parent)
{
	return parent->dir ? parent->first : 0;
}

int fat_lib_make_dir(struct fat_volume *volume, struct fat_inode *parent, uint32_t *cluster)
{
	FATFS *fat = &volume->fat;
	FFOBJID object = {.fs = fat};
	DWORD made = create_chain(&object, 0);
	int error;

	if (made == 0)
		return -ENOSPC;
	if (made == 1 || made == 0xffffffff)
		return fat_lib_error(volume, FR_DISK_ERR);
	*cluster = made;
	/* Nothing points to it yet: it need only be there before what will. */
	error = fat_lib_class(volume, BLOCK_DATA);
	if (!error)
		error = fat_lib_error(volume, dir_clear(fat, made));
	if (!error && !fat_is_exfat(volume))
		put_dots(fat, made, dot_dot(parent), get_fattime());
	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	return error;
}

int fat_lib_set_parent(struct fat_volume *volume, uint32_t cluster, struct fat_inode *parent)
{
	FATFS *fat = &volume->fat;
	DWORD sector = clst2sect(fat, cluster);
	int error;

	if (fat_is_exfat(volume))
		return 0;
	error = fat_lib_error(volume, sector ? move_window(fat, sector) : FR_INT_ERR);
	if (!error && fat->win[SZDIRE + 1] == '.') {
		st_clust(fat, fat->win + SZDIRE, dot_dot(parent));
		fat->wflag = 1;
	}
	return error;
}

/* --- the table -------------------------------------------------------------------------------- */

int64_t fat_lib_get(struct fat_volume *volume, uint32_t cluster)
{
	FATFS *fat = &volume->fat;
	/* On exFAT of an object that has all in the FAT; it is not asked for others. */
	FFOBJID object = {.fs = fat, .sclust = 2, .objsize = 1};
	DWORD value = get_fat(&object, cluster);

	if (value == 0xffffffff || value == 1)
		return fat_lib_error(volume, value == 1 ? FR_INT_ERR : FR_DISK_ERR);
	return value >= fat->n_fatent ? FAT_END : value;
}

uint32_t fat_lib_neighbours(const struct fat_volume *volume, uint32_t cluster)
{
	const FATFS *fat = &volume->fat;
	uint32_t size = fat->fs_type == FS_FAT16 ? 2 : 4, first = cluster;
	uint32_t at = cluster % (fat->ssize / size) * size;

	if (fat->fs_type == FS_FAT12 ||
	    fat->winsect != fat->fatbase + cluster / (fat->ssize / size))
		return 0;
	for (; at < fat->ssize && cluster + 1 < fat->n_fatent; at += size, cluster++) {
		const BYTE *entry = fat->win + at;
		DWORD next = size == 2 ? ld_word(entry) : ld_dword(entry);

		if ((fat->fs_type == FS_FAT32 ? next & 0x0fffffff : next) != cluster + 1)
			break;
	}
	return cluster - first;
}

int fat_lib_put(struct fat_volume *volume, uint32_t cluster, uint32_t next)
{
	return fat_lib_error(volume, put_fat(&volume->fat, cluster, next));
}

int64_t fat_lib_find_free(struct fat_volume *volume, uint32_t goal)
{
	FATFS *fat = &volume->fat;
	uint32_t cluster;

	if (fat->free_clst == 0)
		return -ENOSPC;
	if (goal < 2 || goal >= fat->n_fatent)
		goal = 2;
	if (is_exfat(fat)) {
		cluster = find_bitmap(fat, goal, 1);
		if (cluster == 0xffffffff)
			return fat_lib_error(volume, FR_DISK_ERR);
		return cluster ? (int64_t)cluster : -ENOSPC;
	}
	cluster = goal;
	do {
		int64_t value = fat_lib_get(volume, cluster);

		if (value <= 0)
			return value ? value : cluster;
		if (++cluster >= fat->n_fatent)
			cluster = 2;
	} while (cluster != goal);
	return -ENOSPC;
}

bool fat_lib_is_free(struct fat_volume *volume, uint32_t cluster)
{
	FATFS *fat = &volume->fat;

	if (cluster < 2 || cluster >= fat->n_fatent)
		return false;
	if (!is_exfat(fat))
		return fat_lib_get(volume, cluster) == 0;
	cluster -= 2;
	if (move_window(fat, fat->bitbase + cluster / 8 / fat->ssize) != FR_OK)
		return false;
	return !(fat->win[cluster / 8 % fat->ssize] >> cluster % 8 & 1);
}

int fat_lib_mark(struct fat_volume *volume, uint32_t cluster, uint32_t count, bool used)
{
	return FAT_EXFAT ? fat_lib_error(volume, change_bitmap(&volume->fat, cluster, count, used))
			 : -EINVAL;
}

int64_t fat_lib_count_free(struct fat_volume *volume)
{
	DWORD count;
	FRESULT result = f_getfree(&volume->fat, &count);

	return result == FR_OK ? (int64_t)count : fat_lib_error(volume, result);
}

/* --- the volume ------------------------------------------------------------------------------- */

int fat_lib_mount(struct fat_volume *volume)
{
	FATFS *fat = &volume->fat;

	fat->drv = volume;
	fat->lfnbuf = volume->name;
	fat->dirbuf = volume->set;
	return fat_lib_error(volume, find_volume(fat, FA_READ));
}

int fat_lib_flush(struct fat_volume *volume)
{
	return fat_lib_error(volume, sync_window(&volume->fat));
}

int fat_lib_class(struct fat_volume *volume, enum block_class class)
{
	int error = volume->class == class ? 0 : fat_lib_flush(volume);

	if (!error)
		volume->class = class;
	return error;
}
