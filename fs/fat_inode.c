/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes that live: found by where their entry is, written back to it, released. */
#include "fat.h"

#include <errno.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <base/guard.h>
#include <dev/block.h>
#include <fs/file.h>
#include <kernel/log.h>
#include <mem/heap.h>

LOG_MODULE(fat);

#define UNIQUE_NUMBERS (UINT64_C(1) << 60)

/*
 * Where an entry is: its directory's first cluster and its offset there. What nothing lives at is
 * numbered by that, so that a directory's reader and stat() agree.
 */
static uint64_t number_of_place(const struct fat_inode *dir, uint32_t offset)
{
	return ((uint64_t)dir->first << 32 | offset) / FAT_ENTRY + 2;
}

static struct fat_inode *of_place(struct avl_node *node)
{
	return CONTAINER_OF(node, struct fat_inode, by_place);
}

static struct fat_inode *of_number(struct avl_node *node)
{
	return CONTAINER_OF(node, struct fat_inode, by_number);
}

static uint64_t place_of(struct fat_inode *inode)
{
	return number_of_place(inode->dir, inode->entry_last);
}

static struct fat_inode *find_placed(struct fat_volume *volume, uint64_t place)
{
	struct avl_node *node = volume->by_place.root;

	while (node && place_of(of_place(node)) != place)
		node = node->child[place_of(of_place(node)) < place];
	return node ? of_place(node) : NULL;
}

static struct fat_inode *find_number(struct fat_volume *volume, uint64_t number)
{
	struct avl_node *node = volume->by_number.root;

	while (node && of_number(node)->inode.number != number)
		node = node->child[of_number(node)->inode.number < number];
	return node ? of_number(node) : NULL;
}

uint64_t fat_inode_number_at(struct fat_inode *dir, uint32_t offset)
{
	uint64_t place = number_of_place(dir, offset);
	struct fat_inode *found = find_placed(fat_volume(&dir->inode), place);

	return found ? found->inode.number : place;
}

void fat_inode_number(struct fat_inode *inode)
{
	struct fat_volume *volume = fat_volume(&inode->inode);
	struct avl_node *parent = NULL, **link = &volume->by_number.root;

	while (*link) {
		parent = *link;
		link = &parent->child[of_number(parent)->inode.number < inode->inode.number];
	}
	avl_insert(&volume->by_number, &inode->by_number, parent, link);
}

struct fat_inode *fat_inode_new(struct fat_volume *volume, uint32_t mode)
{
	struct fat_inode *made = heap_alloc_zeroed(sizeof(*made));
	struct inode *inode;

	if (!made)
		return NULL;
	inode = &made->inode;
	inode->ops = volume->read_only ? &fat_read_only_ops : &fat_inode_ops;
	inode->mount = &volume->mount;
	inode->refs = 1;
	inode->mode = mode;
	mutex_init(&inode->lock);
	list_init(&made->dirty);
	list_init(&made->longer);
	return made;
}

void fat_inode_free(struct fat_inode *inode)
{
	pages_cut(&inode->pages, 0);
	heap_free(inode->runs);
	heap_free(inode);
}

void fat_inode_place(struct fat_inode *inode, struct fat_inode *dir, uint32_t first, uint32_t last)
{
	struct fat_volume *volume = fat_volume(&inode->inode);
	struct avl_node *parent = NULL, **link = &volume->by_place.root;
	uint64_t place;

	inode->dir = dir;
	inode->entry_first = first;
	inode->entry_last = last;
	place = place_of(inode);
	while (*link) {
		parent = *link;
		link = &parent->child[place_of(of_place(parent)) < place];
	}
	avl_insert(&volume->by_place, &inode->by_place, parent, link);
	inode->placed = true;
	if (inode->inode.number)
		return;
	/* One that was renamed may still have the number of its old place. */
	inode->inode.number = find_number(volume, place) ? UNIQUE_NUMBERS + ++volume->last_number
							 : place;
	fat_inode_number(inode);
}

void fat_inode_unplace(struct fat_inode *inode)
{
	struct fat_volume *volume = fat_volume(&inode->inode);

	if (!inode->placed)
		return;
	avl_remove(&volume->by_place, &inode->by_place);
	inode->placed = false;
	if (inode->listed_dirty)
		list_remove(&inode->dirty);
	inode->listed_dirty = false;
}

/* Directories tell how many there are in them. */
static uint32_t count_links(struct fat_inode *dir)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	const struct fat_index *index = fat_index_find(volume, dir->first);
	struct fat_entry entry;
	uint32_t offset = 0, links = 2;

	if (index)
		return index->links;
	while (fat_lib_next(dir, &offset, &entry) > 0)
		links += !!(entry.attributes & AM_DIR);
	fat_names_searched(dir, offset);
	return links;
}

/* What the medium says must make sense: 0 or -EIO. */
static int check_entry(struct fat_volume *volume, const struct fat_entry *entry)
{
	bool none = !entry->cluster, dir = entry->attributes & AM_DIR;
	bool wrong = !none && (entry->cluster < 2 || entry->cluster >= volume->fat.n_fatent);

	if (wrong || (dir && none) || (!dir && none && entry->size) ||
	    entry->size > (uint64_t)volume->fat.n_fatent << volume->cluster_shift)
		return -EIO;
	return 0;
}

static void fill(struct fat_inode *made, const struct fat_entry *entry)
{
	struct fat_volume *volume = fat_volume(&made->inode);
	struct inode *inode = &made->inode;
	uint64_t clusters = (entry->size + volume->cluster - 1) >> volume->cluster_shift;

	made->attributes = entry->attributes;
	made->age = entry->age;
	made->first = entry->cluster;
	made->contiguous = entry->contiguous && entry->cluster;
	made->clusters = made->contiguous ? (uint32_t)clusters : FAT_NOT_ALL;
	inode->size = entry->size;
	inode->blocks = clusters << (volume->cluster_shift - 9);
	inode->mtime_ns = inode->ctime_ns = entry->modified_ns;
	inode->atime_ns = entry->accessed_ns;
	made->created_ns = entry->created_ns;
	inode->nlink = S_ISDIR(inode->mode) ? count_links(made) : 1;
	if (S_ISDIR(inode->mode) && !fat_is_exfat(volume))
		inode->size = volume->cluster; /* it does not say */
}

int fat_inode_get(struct fat_inode *dir, const struct fat_entry *entry, struct inode **inode)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t mode = entry->attributes & AM_DIR ? S_IFDIR | 0755 : S_IFREG | 0755;
	struct fat_inode *found = find_placed(volume, number_of_place(dir, entry->last_offset));
	int error;

	if (found) {
		/* Who let the last reference go, and waits for the lock, will find it revived. */
		if (!__atomic_fetch_add(&found->inode.refs, 1, __ATOMIC_ACQ_REL))
			found->revived++;
		*inode = &found->inode;
		return 0;
	}
	error = check_entry(volume, entry);
	if (error)
		return error;
	found = fat_inode_new(volume, mode & ~(entry->attributes & AM_RDO ? 0222U : 0));
	if (!found)
		return -ENOMEM;
	fat_inode_place(found, dir, entry->first_offset, entry->last_offset);
	fill(found, entry);
	inode_get(&dir->inode);
	if (S_ISDIR(mode))
		found->inode.parent = &dir->inode;
	*inode = &found->inode;
	return 0;
}

void fat_inode_dirty(struct fat_inode *inode)
{
	if (!inode->placed || inode->listed_dirty)
		return;
	list_push_back(&fat_volume(&inode->inode)->dirty, &inode->dirty);
	WRITE_ONCE(inode->listed_dirty, true);
}

struct fat_entry fat_inode_entry(const struct fat_inode *file)
{
	const struct inode *inode = &file->inode;

	return (struct fat_entry){
		.first_offset = file->entry_first,
		.last_offset = file->entry_last,
		.attributes = file->attributes,
		.age = file->age,
		.contiguous = file->contiguous,
		.cluster = S_ISREG(inode->mode) && !inode->size ? 0 : file->first,
		.size = inode->size,
		.created_ns = file->created_ns,
		.modified_ns = inode->mtime_ns,
		.accessed_ns = inode->atime_ns,
	};
}

int fat_inode_flush(struct fat_inode *file)
{
	struct fat_entry entry = fat_inode_entry(file);
	int error;

	if (!file->listed_dirty)
		return 0;
	list_remove(&file->dirty);
	WRITE_ONCE(file->listed_dirty, false);
	error = fat_lib_update(file->dir, &entry);
	if (error)
		fat_inode_dirty(file); /* for the next one to try */
	return error;
}

void fat_changed(struct inode *inode)
{
	struct fat_volume *volume = fat_volume(inode);
	struct fat_inode *file = fat_inode(inode);

	GUARD(mutex, &volume->lock);
	if (!file->placed || fat_begin(volume))
		return;
	file->attributes &= (uint8_t)~AM_RDO;
	if (!(inode->mode & 0222))
		file->attributes |= AM_RDO;
	fat_inode_dirty(file);
}

/* The last clusters of a name that is gone, or the entry of one that stays. */
static void write_last(struct fat_volume *volume, struct fat_inode *file)
{
	int error = 0;

	volume->error = 0;
	if (!file->placed)
		fat_forget(file);
	else if (fat_inode_flush(file))
		error = fat_inode_flush(file); /* nobody else would try again */
	if (!error)
		return;
	volume->leaks = true;
	block_cache_failed(volume->cache, error);
	log_error("%s: an entry could not be written: error %d",
		  block_cache_device(volume->cache)->name, -error);
}

struct inode *fat_release(struct inode *inode)
{
	struct fat_volume *volume = fat_volume(inode);
	struct fat_inode *file = fat_inode(inode);
	struct inode *dir = NULL;

	mutex_lock(&volume->lock);
	if (file->revived) {
		file->revived--;
		mutex_unlock(&volume->lock);
		return NULL;
	}
	write_last(volume, file);
	fat_inode_unplace(file);
	avl_remove(&volume->by_number, &file->by_number);
	if (file->dir)
		dir = &file->dir->inode;
	if (inode->parent)
		dir = inode->parent;
	mutex_unlock(&volume->lock);
	fat_inode_free(file);
	return dir;
}

uint32_t fat_mark(struct inode *inode)
{
	return block_cache_mark(fat_volume(inode)->cache);
}
