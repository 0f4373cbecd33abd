/* SPDX-License-Identifier: BSD-2-Clause */
/* Names on FAT. mount->lock is held in all functions. */
#include "fat.h"

#include <errno.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <base/guard.h>
#include <base/str.h>
#include <fs/file.h>

#define DIR_CHANGED (INODE_MTIME | INODE_CTIME)

static void dir_changed(struct inode *dir)
{
	inode_touch(dir, DIR_CHANGED);
	fat_inode_dirty(fat_inode(dir));
}

int fat_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct fat_volume *volume = fat_volume(dir);
	struct fat_entry entry;
	int error;

	if (!dir->nlink)
		return -ENOENT;
	GUARD(mutex, &volume->lock);
	error = fat_names_find(fat_inode(dir), name, length, &entry);
	if (!error)
		error = fat_inode_get(fat_inode(dir), &entry, found);
	/* A name that FAT cannot have is not there; who wants to make it hears more. */
	return error == -EINVAL ? -ENOENT : error;
}

/* A new entry for an inode without one, which then has it. */
static int add_entry(struct fat_inode *dir, const char *name, size_t length,
		     struct fat_inode *inode)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct fat_entry entry = fat_inode_entry(inode);
	int error = fat_names_add(dir, name, length, &entry);

	if (error == -ENOSPC && fat_reclaim(volume))
		error = fat_names_add(dir, name, length, &entry);
	if (error)
		return error;
	fat_inode_place(inode, dir, entry.first_offset, entry.last_offset);
	return 0;
}

static int make_cluster(struct fat_inode *dir, struct fat_inode *made)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t cluster = 0;
	int error = fat_lib_make_dir(volume, dir, &cluster);

	if (error == -ENOSPC && fat_reclaim(volume))
		error = fat_lib_make_dir(volume, dir, &cluster);
	fat_index_drop(volume, cluster); /* there is none: whatever this cluster was */
	made->first = cluster;
	made->attributes = AM_DIR;
	made->inode.size = volume->cluster;
	made->inode.blocks = volume->cluster >> 9;
	if (fat_is_exfat(volume)) {
		made->contiguous = true;
		made->clusters = 1;
	}
	return error;
}

static int create_locked(struct fat_inode *dir, const char *name, size_t length,
			 struct fat_inode *made)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	struct inode *inode = &made->inode;
	int error = fat_begin(volume);

	if (!error && S_ISDIR(inode->mode))
		error = make_cluster(dir, made);
	if (!error && length)
		error = add_entry(dir, name, length, made);
	if (error) {
		fat_forget(made);
		return error;
	}
	if (!length) {
		inode->number = ++volume->last_number | UINT64_C(1) << 61;
		fat_inode_number(made);
		return 0;
	}
	inode_get(&dir->inode);
	inode->nlink = 1;
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 2;
		inode->parent = &dir->inode;
		dir->inode.nlink++;
	}
	dir_changed(&dir->inode);
	return 0;
}

int fat_create(struct inode *dir, const char *name, size_t length, const struct inode_make *make,
	       struct inode **made)
{
	struct fat_volume *volume = fat_volume(dir);
	struct fat_inode *file;
	int error;

	if (!S_ISDIR(make->mode) && !S_ISREG(make->mode))
		return -EPERM;
	file = fat_inode_new(volume, (make->mode & S_IFMT) | 0755);
	if (!file)
		return -ENOMEM;
	if (S_ISREG(make->mode)) {
		file->attributes = AM_ARC;
		if (!(make->mode & 0222)) {
			file->attributes |= AM_RDO;
			file->inode.mode &= ~0222U;
		}
		file->clusters = 0;
	}
	inode_touch(&file->inode, INODE_ATIME | INODE_MTIME | INODE_CTIME);
	file->created_ns = file->inode.mtime_ns;
	mutex_lock(&volume->lock);
	error = create_locked(fat_inode(dir), name, length, file);
	mutex_unlock(&volume->lock);
	if (error)
		fat_inode_free(file);
	else
		*made = &file->inode;
	return error;
}

/* 0, -ENOTEMPTY or another error. */
static int check_empty(struct inode *inode)
{
	struct fat_entry entry;
	uint32_t offset = 0;
	int found = 0;

	if (S_ISDIR(inode->mode))
		found = fat_lib_next(fat_inode(inode), &offset, &entry);
	return found > 0 ? -ENOTEMPTY : found;
}

/* An inode lost its entry. What keeps a reference to the directory goes, of a file. */
static struct inode *unnamed(struct inode *dir, struct inode *inode)
{
	struct fat_inode *file = fat_inode(inode);

	fat_inode_unplace(file);
	file->dir = NULL;
	inode_touch(inode, INODE_CTIME);
	if (!S_ISDIR(inode->mode)) {
		inode->nlink--;
		return dir;
	}
	fat_index_drop(fat_volume(inode), file->first);
	inode->nlink = 0;
	dir->nlink--;
	return NULL;
}

int fat_remove(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct fat_volume *volume = fat_volume(dir);
	struct fat_inode *file = fat_inode(inode);
	struct inode *put = NULL;
	int error;

	(void)name, (void)length;
	mutex_lock(&volume->lock);
	error = check_empty(inode);
	if (!error)
		error = fat_begin(volume);
	if (!error)
		error = fat_lib_class(volume, BLOCK_ENTRY);
	if (!error)
		error = fat_names_remove(fat_inode(dir), file->entry_first, file->entry_last);
	if (!error) {
		put = unnamed(dir, inode);
		dir_changed(dir);
	}
	mutex_unlock(&volume->lock);
	inode_put(put);
	return error;
}

/* The victim's entry becomes the inode's, in one sector. */
static int take_over(struct fat_inode *inode, struct fat_inode *to, struct fat_inode *victim)
{
	struct fat_entry entry = fat_inode_entry(inode);

	entry.first_offset = victim->entry_first;
	entry.last_offset = victim->entry_last;
	return fat_lib_update(to, &entry);
}

/* Are two names' entries in one sector, which reaches the medium as a whole? */
static bool share_sector(const struct fat_volume *volume, uint32_t first, uint32_t last,
			 const struct fat_inode *inode)
{
	uint32_t size = volume->fat.ssize, sector = first / size;

	return last / size == sector && inode->entry_first / size == sector &&
	       inode->entry_last / size == sector;
}

/* Take the old entry of a rename away: on the medium not before the new one is there. */
static int remove_old(struct fat_inode *from, uint32_t first, uint32_t last,
		      const struct fat_inode *inode)
{
	struct fat_volume *volume = fat_volume(&from->inode);
	int error, end;

	if (inode->dir == from && share_sector(volume, first, last, inode))
		return fat_names_remove(from, first, last);
	error = fat_lib_class(volume, BLOCK_REMOVAL);
	if (!error)
		error = fat_names_remove(from, first, last);
	end = fat_lib_class(volume, BLOCK_ENTRY);
	return error ? error : end;
}

/* The inode's entry is somewhere else from now on: over the victim's, or a new one. */
static int move_entry(struct fat_inode *file, struct fat_inode *to, const char *name, size_t length,
		      struct fat_inode *victim)
{
	struct fat_inode *from = file->dir;
	uint32_t first = file->entry_first, last = file->entry_last;
	int error;

	if (victim) {
		error = take_over(file, to, victim);
		if (error)
			return error;
		fat_inode_unplace(file);
		fat_inode_unplace(victim);
		fat_inode_place(file, to, victim->entry_first, victim->entry_last);
		return 0;
	}
	fat_inode_unplace(file);
	error = add_entry(to, name, length, file);
	if (error)
		fat_inode_place(file, from, first, last);
	return error;
}

/* Both names stand on the medium, and the old one cannot be taken away: the new one goes again. */
static int move_back(struct fat_inode *file, struct fat_inode *from, uint32_t first, uint32_t last,
		     struct fat_inode *victim)
{
	struct fat_inode *to = file->dir;
	struct fat_entry entry;
	int error;

	if (victim) {
		entry = fat_inode_entry(victim);
		error = fat_lib_update(to, &entry);
	} else {
		error = fat_names_remove(to, file->entry_first, file->entry_last);
	}
	if (error)
		return error;
	fat_inode_unplace(file);
	if (victim)
		fat_inode_place(victim, to, entry.first_offset, entry.last_offset);
	fat_inode_place(file, from, first, last);
	file->age = (file->age - 1) & 3;
	if (S_ISDIR(file->inode.mode) && from != to &&
	    fat_lib_set_parent(fat_volume(&file->inode), file->first, from))
		fat_volume(&file->inode)->leaks = true; /* ".." is put right by the next check */
	return 0;
}

/* The name is somewhere else: the old one goes. An error: it did not, and all is as before. */
static int end_move(struct fat_inode *file, struct fat_inode *from, uint32_t first, uint32_t last,
		    struct fat_inode *victim)
{
	struct fat_volume *volume = fat_volume(&from->inode);
	int error = 0;

	if (S_ISDIR(file->inode.mode) && from != file->dir)
		error = fat_lib_set_parent(volume, file->first, file->dir);
	if (!error)
		error = remove_old(from, first, last, file);
	/* What is changed already is only to be written, which is tried again. */
	if (!error || fat_lib_state(from, last) == FAT_FREE)
		return 0;
	if (move_back(file, from, first, last, victim))
		volume->leaks = true; /* both stand: the next check takes one away */
	return error;
}

/* *put loses a reference when the lock is free again. */
static int rename_locked(struct fat_inode *from, struct fat_inode *file, struct fat_inode *to,
			 const char *name, size_t length, struct fat_inode *victim,
			 struct inode **put)
{
	struct fat_volume *volume = fat_volume(&from->inode);
	uint32_t first = file->entry_first, last = file->entry_last;
	int error = victim ? check_empty(&victim->inode) : 0;

	if (!error)
		error = fat_begin(volume);
	if (!error)
		error = fat_inode_flush(file);
	if (error)
		return error;
	file->age = (file->age + 1) & 3;
	error = move_entry(file, to, name, length, victim);
	if (error) {
		file->age = (file->age - 1) & 3;
		return error;
	}
	error = end_move(file, from, first, last, victim);
	if (victim && !victim->placed)
		*put = unnamed(&to->inode, &victim->inode);
	inode_touch(&file->inode, INODE_CTIME);
	dir_changed(&from->inode);
	dir_changed(&to->inode);
	return error;
}

int fat_rename(struct inode *from, const char *from_name, size_t from_length, struct inode *inode,
	       struct inode *to, const char *to_name, size_t to_length, struct inode *victim)
{
	struct fat_volume *volume = fat_volume(from);
	struct fat_inode *file = fat_inode(inode);
	struct inode *put = NULL;
	int error;

	(void)from_name, (void)from_length;
	mutex_lock(&volume->lock);
	error = rename_locked(fat_inode(from), file, fat_inode(to), to_name, to_length,
			      victim ? fat_inode(victim) : NULL, &put);
	mutex_unlock(&volume->lock);
	inode_put(put);
	if (from == to || file->dir != fat_inode(to))
		return error;
	inode_get(to);
	if (S_ISDIR(inode->mode)) {
		inode->parent = to;
		to->nlink++;
		from->nlink -= !error; /* the old name may still stand */
	}
	inode_put(from);
	return error;
}

int fat_entries(struct inode *dir, int64_t *position, struct dir_sink *sink)
{
	struct fat_volume *volume = fat_volume(dir);
	struct fat_inode *inode = fat_inode(dir);
	struct fat_entry entry;
	uint32_t offset;
	int more = 0;

	if (!dir->nlink || *position - 2 > UINT32_MAX)
		return 0;
	GUARD(mutex, &volume->lock);
	fat_names_searched(inode, (uint32_t)(*position - 2));
	for (offset = (uint32_t)(*position - 2);
	     (more = fat_lib_next_named(inode, &offset, &entry)) > 0;) {
		const char *name = volume->info.fname;
		size_t length = str_length(name);

		if (length > NAME_BYTES_MAX) { /* its short name will do */
			name = volume->info.altname;
			length = str_length(name);
		}
		/* What has no name in UTF-8 cannot be reached. */
		if (length && name[0] != '?' &&
		    !sink->entry(sink, name, length, fat_inode_number_at(inode, entry.last_offset),
				 entry.attributes & AM_DIR ? S_IFDIR : S_IFREG,
				 (int64_t)offset + 2))
			break;
		*position = (int64_t)offset + 2;
	}
	return more < 0 ? more : 0;
}
