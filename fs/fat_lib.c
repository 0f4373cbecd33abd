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

static bool is_exfat(const FATFS *fat)
{
	return FAT_EXFAT && fat->fs_type == FS_EXFAT;
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

/* dir_sdi(), which follows the directory's chain, but where it is known. */
static FRESULT seek(FF_DIR *dp, struct fat_inode *dir, uint32_t offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	const struct fat_index *index = fat_index_find(volume, dir->first);
	uint32_t number = offset >> volume->cluster_shift, size = volume->fat.ssize;

	if (!index || number >= index->cluster_count)
		return dir_sdi(dp, offset);
	dp->dptr = offset;
	dp->clust = index->clusters[number];
	dp->sect = clst2sect(&volume->fat, dp->clust);
	if (!dp->sect)
		return FR_INT_ERR;
	dp->sect += (offset & (volume->cluster - 1)) / size;
	dp->dir = volume->fat.win + offset % size;
	return FR_OK;
}

/* An entry in the window. */
static FRESULT look_at(FF_DIR *dp, struct fat_inode *dir, uint32_t offset)
{
	FRESULT result;

	open_dir(dp, dir);
	result = seek(dp, dir, offset);
	return result == FR_OK ? move_window(dp->obj.fs, dp->sect) : result;
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
			.created_ns = fat_from_stamp(ld_dword(set + XDIR_CrtTime),
						     set[XDIR_CrtTime10]),
			.modified_ns = fat_from_stamp(ld_dword(set + XDIR_ModTime),
						      set[XDIR_ModTime10]),
			.accessed_ns = fat_from_stamp(ld_dword(set + XDIR_AccTime), 0),
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
		.created_ns = fat_from_stamp(ld_dword(dir + DIR_CrtTime), dir[DIR_CrtTime10]),
		.modified_ns = fat_from_stamp(ld_dword(dir + DIR_ModTime), 0),
		.accessed_ns = fat_from_stamp((DWORD)ld_word(dir + DIR_LstAccDate) << 16, 0),
	};
}

static void put_set(BYTE *set, const struct fat_entry *entry)
{
	set[XDIR_Attr] = entry->attributes;
	set[XDIR_GenFlags] = entry->contiguous && entry->cluster ? 3 : 1;
	st_dword(set + XDIR_FstClus, entry->cluster);
	st_qword(set + XDIR_FileSize, entry->size);
	st_qword(set + XDIR_ValidFileSize, entry->size);
	st_dword(set + XDIR_CrtTime, fat_stamp(entry->created_ns));
	set[XDIR_CrtTime10] = fat_hundredths(entry->created_ns);
	st_dword(set + XDIR_ModTime, fat_stamp(entry->modified_ns));
	set[XDIR_ModTime10] = fat_hundredths(entry->modified_ns);
	st_dword(set + XDIR_AccTime, fat_stamp(entry->accessed_ns));
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
	st_dword(dir + DIR_CrtTime, fat_stamp(entry->created_ns));
	dir[DIR_CrtTime10] = fat_hundredths(entry->created_ns);
	st_dword(dir + DIR_ModTime, fat_stamp(entry->modified_ns));
	st_word(dir + DIR_LstAccDate, (WORD)(fat_stamp(entry->accessed_ns) >> 16));
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
	volume->scanned = dp.dptr;
	if (!error)
		get_entry(&dp, entry);
	return error;
}

/* The entry that makes it a name goes first: then it is gone, or nothing is changed. */
int fat_lib_remove(struct fat_inode *dir, uint32_t first_offset, uint32_t last_offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	bool exfat = is_exfat(&volume->fat);
	FF_DIR dp;

	for (uint32_t done = 0; done <= last_offset - first_offset; done += SZDIRE) {
		uint32_t at = exfat ? first_offset + done : last_offset - done;
		FRESULT result = look_at(&dp, dir, at);

		if (result != FR_OK && done)
			result = look_at(&dp, dir, at);
		if (result != FR_OK && done) {
			volume->leaks = true; /* what is left of it is for the next check */
			volume->error = 0;
			return 0;
		}
		if (result != FR_OK)
			return fat_lib_error(volume, result);
		if (!done && !exfat)
			fat_removed_note(dir, dp.dir, at);
		if (exfat)
			dp.dir[XDIR_Type] &= 0x7f;
		else
			dp.dir[DIR_Name] = DDEM;
		volume->fat.wflag = 1;
	}
	return 0;
}

int fat_lib_update(struct fat_inode *dir, const struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FATFS *fat = &volume->fat;
	FRESULT result;
	FF_DIR dp;
	int error = fat_links_settle(volume);

	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	if (error)
		return error;
	if (fat_is_exfat(volume)) {
		open_dir(&dp, dir);
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
	result = look_at(&dp, dir, entry->last_offset);
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
	result = seek(dp, dir, *offset);
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

int fat_lib_next_both(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry,
		      uint8_t *short_text)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	FF_DIR dp;
	int more;

	volume->fat.lfnbuf = volume->other_name;
	more = next_entry(dir, offset, entry, &dp);
	volume->fat.lfnbuf = volume->name;
	if (more <= 0)
		return more;
	memcpy(short_text, dp.dir, 11);
	if (dp.blk_ofs == FAT_NO_LONG)
		volume->other_name[0] = 0;
	return 1;
}

/* --- names, entry by entry -------------------------------------------------------------------- */

int fat_lib_name(struct fat_volume *volume, const char *name, size_t length, struct fat_name *to)
{
	FF_DIR dp = {.obj.fs = &volume->fat};
	int error = set_name(&dp, name, length);
	unsigned units = 0;

	if (error)
		return error;
	while (volume->name[units])
		units++;
	memcpy(to->text, dp.fn, sizeof(to->text));
	to->exact = !(dp.fn[NSFLAG] & NS_LOSS);
	to->entries = dp.fn[NSFLAG] & NS_LFN ? 1 + (units + 12) / 13 : 1;
	return 0;
}

int fat_lib_state(struct fat_inode *dir, uint32_t offset)
{
	FF_DIR dp;
	FRESULT result = look_at(&dp, dir, offset);

	return result == FR_OK ? *dp.dir : fat_lib_error(fat_volume(&dir->inode), result);
}

void fat_lib_numbered(struct fat_volume *volume, const struct fat_name *name, unsigned number,
		      uint8_t *text)
{
	gen_numname(text, name->text, volume->name, number);
}

/* A free cluster of FAT becomes a chain of its own. FR_DENIED: there is none. */
static FRESULT take_cluster(FATFS *fat, uint32_t goal, DWORD *cluster)
{
	struct fat_volume *volume = CONTAINER_OF(fat, struct fat_volume, fat);
	int64_t found = fat_lib_find_free(volume, goal);
	FRESULT result;

	if (found == -ENOSPC)
		return FR_DENIED;
	if (found < 0) {
		volume->error = (int)found;
		return FR_DISK_ERR;
	}
	result = put_fat(fat, (DWORD)found, 0xffffffff);
	if (result != FR_OK)
		return result;
	*cluster = fat->last_clst = (DWORD)found;
	if (fat->free_clst <= fat->n_fatent - 2)
		fat->free_clst--;
	return FR_OK;
}

#include "fat_lib_add.h"

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
	DWORD made = 0;
	int error = 0;

	if (fat_is_exfat(volume))
		made = create_chain(&object, 0);
	else
		error = fat_lib_error(volume, take_cluster(fat, fat->last_clst + 1, &made));
	if (error)
		return error;
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
	if (value < fat->n_fatent)
		return value;
	value = fat_links_find(volume, cluster);
	return value ? value : FAT_END;
}

int fat_lib_put(struct fat_volume *volume, uint32_t cluster, uint32_t next)
{
	return fat_lib_error(volume, put_fat(&volume->fat, cluster, next));
}

/*
 * Of FAT12 some entries lie in two sectors: a cut within one would lead its chain anywhere. Their
 * clusters are taken when there are no others.
 */
static bool is_whole(const struct fat_volume *volume, uint32_t cluster)
{
	return volume->fat.fs_type != FS_FAT12 || fat_links_whole(volume, cluster);
}

int64_t fat_lib_find_free(struct fat_volume *volume, uint32_t goal)
{
	FATFS *fat = &volume->fat;
	uint32_t cluster, spare = 0;

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

		if (value < 0)
			return value;
		if (!value && is_whole(volume, cluster))
			return cluster;
		if (!value)
			spare = cluster;
		if (++cluster >= fat->n_fatent)
			cluster = 2;
	} while (cluster != goal);
	return spare ? (int64_t)spare : -ENOSPC;
}

bool fat_lib_is_free(struct fat_volume *volume, uint32_t cluster)
{
	FATFS *fat = &volume->fat;

	if (cluster < 2 || cluster >= fat->n_fatent)
		return false;
	if (!is_exfat(fat))
		return is_whole(volume, cluster) && fat_lib_get(volume, cluster) == 0;
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
