/* SPDX-License-Identifier: BSD-2-Clause */
/* A volume as a whole: commits, what waits for them, the mark that says it is in use. */
#include "fat.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/guard.h>
#include <dev/block.h>
#include <kernel/log.h>
#include <mem/heap.h>

LOG_MODULE(fat);

/* Where the boot sector says that the volume is in use, and the bit. */
#define MARK_FAT16    0x25
#define MARK_FAT32    0x41
#define MARK_FAT      0x01
#define MARK_EXFAT_AT 106
#define MARK_EXFAT    0x02
#define FAT_TYPE      0x4d44 /* statfs(2) */
#define EXFAT_TYPE    0x2011bab0
#define FSINFO_FREE   488
#define FSINFO_NEXT   492

/* --- the mark --------------------------------------------------------------------------------- */

static unsigned mark_place(const struct fat_volume *volume, uint8_t *bit)
{
	*bit = fat_is_exfat(volume) ? MARK_EXFAT : MARK_FAT;
	if (fat_is_exfat(volume))
		return MARK_EXFAT_AT;
	return volume->fat.fs_type == FS_FAT32 ? MARK_FAT32 : MARK_FAT16;
}

int fat_volume_mark(struct fat_volume *volume, enum block_class class, bool in_use)
{
	uint8_t byte, bit;
	unsigned at = mark_place(volume, &bit);
	int error = block_cache_read(volume->cache, at, &byte, 1);

	if (error)
		return error;
	byte = in_use ? byte | bit : byte & (uint8_t)~bit;
	return block_cache_write(volume->cache, class, at, &byte, 1);
}

bool fat_volume_is_marked(struct fat_volume *volume)
{
	uint8_t byte = 0, bit;
	unsigned at = mark_place(volume, &bit);

	return block_cache_read(volume->cache, at, &byte, 1) || byte & bit;
}

int fat_begin(struct fat_volume *volume)
{
	int error;

	if (volume->read_only)
		return -EROFS;
	if (volume->marked)
		return 0;
	/* On the medium before anything else is. */
	error = fat_volume_mark(volume, BLOCK_ALLOCATION, true);
	if (!error)
		error = block_cache_commit(volume->cache);
	volume->marked = !error;
	return error;
}

/* --- commits ---------------------------------------------------------------------------------- */

/* All that is only in memory goes to the cache. volume->lock is held. */
static int flush_all(struct fat_volume *volume)
{
	struct list todo = LIST_INIT(todo);
	struct list *node;
	int error = 0, result;

	/* What fails is listed anew. */
	list_splice(&todo, &volume->dirty);
	while (!list_empty(&todo)) {
		node = todo.next;
		result = fat_inode_flush(CONTAINER_OF(node, struct fat_inode, dirty));
		error = error ? error : result;
	}
	result = fat_lib_flush(volume);
	return error ? error : result;
}

/*
 * Cut a chain whose end no entry counts any more: 0 or an error, and the inode, which is on the
 * list no longer and whose reference is the caller's; NULL: there is none.
 */
static int trim_one(struct fat_volume *volume, uint32_t commit, struct inode **inode)
{
	int error;

	*inode = NULL;
	LIST_FOR_EACH (struct fat_inode, file, &volume->longer, longer) {
		if ((int32_t)(file->longer_commit - commit) > 0)
			continue;
		list_remove(&file->longer);
		file->listed_longer = false;
		*inode = &file->inode;
		error = fat_trim(file, MAX(file->inode.size, file->reserved));
		volume->leaks |= error != 0;
		return error;
	}
	return 0;
}

/* The lock is held on return as before, but let go between the inodes. */
static int trim_all(struct fat_volume *volume, uint32_t commit)
{
	struct inode *inode;
	int error = 0, result;

	do {
		result = trim_one(volume, commit, &inode);
		error = error ? error : result;
		if (inode) {
			mutex_unlock(&volume->lock);
			inode_put(inode);
			mutex_lock(&volume->lock);
		}
	} while (inode);
	return error;
}

int fat_commit(struct fat_volume *volume)
{
	uint32_t commit;
	int error, result;

	mutex_lock(&volume->lock);
	error = fat_links_begin_commit(volume);
	if (error) {
		mutex_unlock(&volume->lock);
		return error;
	}
	error = flush_all(volume);
	commit = volume->commit++;
	/* Nobody is in the midst of something now, and nothing begins to reach the cache. */
	block_cache_hold(volume->cache);
	mutex_unlock(&volume->lock);
	result = block_cache_commit_held(volume->cache, BLOCK_REMOVAL);
	error = error ? error : result;
	if (result)
		return error;
	GUARD(mutex, &volume->lock);
	if (!error && (int32_t)(commit - volume->done) > 0)
		volume->done = commit;
	result = fat_free_gone(volume, commit);
	error = error ? error : result;
	result = trim_all(volume, commit);
	error = error ? error : result;
	result = fat_lib_flush(volume);
	return error ? error : result;
}

int fat_commit_locked(struct fat_volume *volume)
{
	int error = fat_links_settle(volume);

	if (!error)
		error = flush_all(volume);
	if (!error)
		error = block_cache_commit(volume->cache);
	if (error)
		return error;
	volume->done = volume->commit++;
	return fat_free_gone(volume, volume->done);
}

/*
 * Nobody can be released here, so those on the list stay on it: with less than before, and no entry
 * on the medium that counts more.
 */
static int trim_listed(struct fat_volume *volume)
{
	int error = 0, result;

	LIST_FOR_EACH (struct fat_inode, file, &volume->longer, longer) {
		result = fat_trim(file, MAX(file->inode.size, file->reserved));
		error = error ? error : result;
	}
	return error;
}

bool fat_reclaim(struct fat_volume *volume)
{
	bool some = volume->gone || !list_empty(&volume->longer);
	int error = 0;

	/* Twice: what was cut off by the first is given back by the second. */
	for (unsigned i = 0; i < 2 && some && !error; i++) {
		error = fat_commit_locked(volume);
		if (!error)
			error = trim_listed(volume);
	}
	return some && !error;
}

void fat_volume_write_back(void *owner)
{
	fat_commit(owner);
}

int fat_sync(struct inode *inode, uint32_t *mark)
{
	struct fat_volume *volume = fat_volume(inode);
	int error = 0, result;

	if (S_ISREG(inode->mode)) {
		GUARD(mutex, &inode->lock);
		error = fat_pages_write(fat_inode(inode));
	}
	result = fat_commit(volume);
	error = error ? error : result;
	/* The mark moves on in any case: an error is told once. */
	result = mark ? block_cache_error(volume->cache, mark) : 0;
	return error ? error : result;
}

/* --- the volume at rest ----------------------------------------------------------------------- */

/* FAT32 keeps a note of how many clusters are free. */
static int write_note(struct fat_volume *volume)
{
	FATFS *fat = &volume->fat;
	uint64_t at = fat->ssize;
	uint8_t bytes[8];

	if (fat->fs_type != FS_FAT32 || fat->fsi_flag & 0x80)
		return 0;
	le32_store(bytes, fat->free_clst);
	le32_store(bytes + 4, fat->last_clst);
	return block_cache_write(volume->cache, BLOCK_ALLOCATION, at + FSINFO_FREE, bytes, 8);
}

/* Is there nothing that a machine's end would leave behind? volume->lock is held. */
static bool is_at_rest(struct fat_volume *volume)
{
	if (volume->gone || volume->leaks || volume->link_count || !list_empty(&volume->dirty) ||
	    !list_empty(&volume->longer))
		return false;
	for (struct avl_node *node = avl_first(&volume->by_number); node; node = avl_next(node)) {
		struct fat_inode *file = CONTAINER_OF(node, struct fat_inode, by_number);

		if (!file->placed && file->first) /* without a name, and still open */
			return false;
		if (file->reserved)
			return false;
	}
	return true;
}

static int write_clean(struct fat_volume *volume)
{
	int error;

	if (!volume->marked)
		return 0;
	/* The note wants the true number. */
	if (volume->fat.free_clst > volume->fat.n_fatent - 2)
		fat_lib_count_free(volume);
	error = fat_lib_flush(volume);
	if (!error)
		error = write_note(volume);
	/* The last class: after everything else. */
	if (!error)
		error = fat_volume_mark(volume, BLOCK_REMOVAL, false);
	if (!error)
		error = block_cache_commit(volume->cache);
	if (!error)
		volume->marked = false;
	return error;
}

static int sync_volume(struct fat_volume *volume)
{
	int error = fat_commit(volume), result;

	/* What that made free is to be written, too, perhaps in two steps. */
	for (unsigned i = 0; i < 2 && !error && volume->marked; i++)
		error = fat_commit(volume);
	GUARD(mutex, &volume->lock);
	if (error || !volume->marked || !is_at_rest(volume))
		return error;
	result = write_clean(volume);
	return result;
}

int fat_volume_sync(struct mount *mount)
{
	return sync_volume(CONTAINER_OF(mount, struct fat_volume, mount));
}

/* Files that are open without a name end with the machine. volume->lock is held. */
static void forget_unnamed(struct fat_volume *volume)
{
	for (struct avl_node *node = avl_first(&volume->by_number); node; node = avl_next(node)) {
		struct fat_inode *file = CONTAINER_OF(node, struct fat_inode, by_number);

		if (!file->placed && file->inode.number != 1)
			fat_forget(file);
		file->reserved = 0;
	}
}

void fat_volume_end(struct mount *mount)
{
	struct fat_volume *volume = CONTAINER_OF(mount, struct fat_volume, mount);
	int error;

	if (volume->read_only || !volume->marked)
		return;
	error = fat_commit(volume);
	mutex_lock(&volume->lock);
	volume->read_only = true; /* other threads may still run */
	forget_unnamed(volume);
	mutex_unlock(&volume->lock);
	if (!error)
		error = sync_volume(volume);
	if (error)
		log_error("%s: not everything could be written: error %d",
			  block_cache_device(volume->cache)->name, -error);
}

void fat_volume_statfs(struct mount *mount, struct statfs *stat)
{
	struct fat_volume *volume = CONTAINER_OF(mount, struct fat_volume, mount);
	int64_t count;

	GUARD(mutex, &volume->lock);
	count = fat_lib_count_free(volume);
	stat->f_type = fat_is_exfat(volume) ? EXFAT_TYPE : FAT_TYPE;
	stat->f_bsize = stat->f_frsize = volume->cluster;
	stat->f_blocks = volume->fat.n_fatent - 2;
	stat->f_bfree = stat->f_bavail = count < 0 ? 0 : (uint64_t)count;
	stat->f_namelen = NAME_BYTES_MAX;
	if (volume->read_only)
		stat->f_flags |= 1; /* ST_RDONLY */
}
