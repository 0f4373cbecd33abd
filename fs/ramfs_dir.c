/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of the memory file system. mount->lock is held in all functions. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <fs/file.h>
#include <mem/heap.h>

#include "ramfs.h"

#define DIR_CHANGED (INODE_MTIME | INODE_CTIME)

/* Keys are below 2^62, so a position (a key and 2) is a positive off_t. */
static uint64_t first_key(const char *name, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	while (length--)
		hash = (hash ^ (uint8_t)*name++) * 0x100000001b3;
	return hash >> 10 << 8;
}

static bool same_hash(const struct ramfs_entry *entry, uint64_t key)
{
	return entry && entry->key >> 8 == key >> 8;
}

static struct ramfs_entry *entry_of(struct avl_node *node)
{
	return node ? CONTAINER_OF(node, struct ramfs_entry, node) : NULL;
}

static struct ramfs_entry *next_entry(const struct ramfs_entry *entry)
{
	return entry_of(avl_next(&entry->node));
}

/* The entry with the lowest key that is `key` or above. */
static struct ramfs_entry *entry_from(const struct inode *dir, uint64_t key)
{
	struct avl_node *node = CONTAINER_OF(dir, struct ramfs_inode, inode)->entries.root;
	struct ramfs_entry *best = NULL;

	while (node) {
		struct ramfs_entry *entry = entry_of(node);

		if (entry->key >= key)
			best = entry;
		node = node->child[entry->key < key];
	}
	return best;
}

static struct ramfs_entry *find(const struct inode *dir, const char *name, size_t length)
{
	uint64_t key = first_key(name, length);
	struct ramfs_entry *entry = entry_from(dir, key);

	for (; same_hash(entry, key); entry = next_entry(entry))
		if (entry->length == length && !memcmp(entry->name, name, length))
			return entry;
	return NULL;
}

/* Give a name to an inode: the caller's reference goes to the entry. The name is not there. */
static int insert(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct avl_tree *tree = &ramfs_inode(dir)->entries;
	uint64_t first = first_key(name, length), key = first;
	struct ramfs_entry *entry = entry_from(dir, key);
	struct avl_node *parent = NULL, **link = &tree->root;

	for (; entry && entry->key == key; entry = next_entry(entry))
		key++;
	if (ramfs_is_full() || key >> 8 != first >> 8)
		return -ENOSPC;
	entry = heap_alloc(sizeof(*entry) + length);
	if (!entry)
		return -ENOSPC;
	entry->key = key;
	entry->inode = inode;
	entry->length = (uint8_t)length;
	memcpy(entry->name, name, length);
	while (*link) {
		parent = *link;
		link = &parent->child[entry_of(parent)->key < key];
	}
	avl_insert(tree, &entry->node, parent, link);
	inode_touch(dir, DIR_CHANGED);
	return 0;
}

static void erase(struct inode *dir, const char *name, size_t length)
{
	struct ramfs_entry *entry = find(dir, name, length);

	avl_remove(&ramfs_inode(dir)->entries, &entry->node);
	heap_free(entry);
	inode_touch(dir, DIR_CHANGED);
}

/* An inode lost a name; the reference of the entry goes with it. */
static void unnamed(struct inode *dir, struct inode *inode)
{
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 0;
		dir->nlink--;
	} else {
		inode->nlink--;
	}
	inode_touch(inode, INODE_CTIME);
	inode_put(inode);
}

/* A directory of another kind, /dev/fd, always has. */
static bool has_entries(struct inode *inode)
{
	return S_ISDIR(inode->mode) &&
	       (inode_op(inode, lookup) != ramfs_lookup || ramfs_inode(inode)->entries.root);
}

int ramfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct ramfs_entry *entry;

	if (length > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	entry = find(dir, name, length);
	if (!entry)
		return -ENOENT;
	*found = inode_get(entry->inode);
	return 0;
}

int ramfs_make(struct inode *dir, const char *name, size_t length, const struct inode_make *make,
	       struct inode **made)
{
	struct inode *inode = ramfs_new_inode(dir->mount, make);
	int error = inode && !ramfs_is_full() ? 0 : -ENOSPC;

	if (!error && !length) {
		*made = inode;
		return 0;
	}
	if (!error)
		error = insert(dir, name, length, inode);
	if (error) {
		inode_put(inode);
		return error;
	}
	inode->nlink = 1;
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 2;
		inode->parent = inode_get(dir);
		dir->nlink++;
	}
	*made = inode_get(inode);
	return 0;
}

int ramfs_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	int error = insert(dir, name, length, inode);

	if (!error) {
		inode_get(inode);
		inode->nlink++;
		inode_touch(inode, INODE_CTIME);
	}
	return error;
}

int ramfs_remove(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	if (has_entries(inode))
		return -ENOTEMPTY;
	erase(dir, name, length);
	unnamed(dir, inode);
	return 0;
}

/* Its name is in another directory now. */
static void moved(struct inode *inode, struct inode *from, struct inode *to)
{
	if (!S_ISDIR(inode->mode))
		return;
	inode->parent = inode_get(to);
	to->nlink++;
	from->nlink--;
	inode_put(from);
}

int ramfs_rename(struct inode *from, const char *from_name, size_t from_length, struct inode *inode,
		 struct inode *to, const char *to_name, size_t to_length, struct inode *victim)
{
	int error;

	if (victim) {
		if (has_entries(victim))
			return -ENOTEMPTY;
		find(to, to_name, to_length)->inode = inode;
		unnamed(to, victim);
		inode_touch(to, DIR_CHANGED);
	} else {
		error = insert(to, to_name, to_length, inode);
		if (error)
			return error;
	}
	erase(from, from_name, from_length);
	if (from != to)
		moved(inode, from, to);
	inode_touch(inode, INODE_CTIME);
	return 0;
}

int ramfs_exchange(struct inode *dir, const char *name, size_t length, struct inode *inode,
		   struct inode *other_dir, const char *other_name, size_t other_length,
		   struct inode *other)
{
	find(dir, name, length)->inode = other;
	find(other_dir, other_name, other_length)->inode = inode;
	if (dir != other_dir) {
		moved(inode, dir, other_dir);
		moved(other, other_dir, dir);
	}
	inode_touch(dir, DIR_CHANGED);
	inode_touch(other_dir, DIR_CHANGED);
	inode_touch(inode, INODE_CTIME);
	inode_touch(other, INODE_CTIME);
	return 0;
}

int ramfs_entries(struct inode *dir, int64_t *position, struct dir_sink *sink)
{
	struct ramfs_entry *entry = entry_from(dir, (uint64_t)*position - 2);

	for (; entry; entry = next_entry(entry)) {
		int64_t next = (int64_t)entry->key + 3;

		if (!sink->entry(sink, entry->name, entry->length, entry->inode->number,
				 entry->inode->mode & S_IFMT, next))
			break;
		*position = next;
	}
	return 0;
}
