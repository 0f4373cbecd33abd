/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the memory file system share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>
#include <base/avl.h>
#include <base/compiler.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <mem/vm_source.h>

#include "pages.h"

struct ramfs {
	struct mount mount;
	uint64_t last_number; /* guarded by mount.lock */
};

struct ramfs_inode {
	struct inode inode;
	union {
		struct avl_tree entries; /* of a directory: struct ramfs_entry by key */
		struct {		 /* of a regular file */
			struct pages pages;
			struct vm_source source; /* of mappings */
			/*
			 * What a missing page holds: these bytes, and zeros behind them. The pages
			 * behind the end of the file, and the last one behind it, are zero or
			 * missing.
			 */
			const uint8_t *borrowed;
			uint64_t borrowed_size;
		};
	};
	char target[]; /* of a symbolic link */
};

/*
 * A name in a directory. The key is a hash of the name in its upper bits and in the lowest 8 a
 * number that tells equal hashes apart: an order that stays while other names come and go, so that
 * a position of getdents is a key.
 */
struct ramfs_entry {
	struct avl_node node;
	uint64_t key;
	struct inode *inode; /* referenced */
	uint8_t length;
	char name[];
};

static inline struct ramfs_inode *ramfs_inode(struct inode *inode)
{
	return CONTAINER_OF(inode, struct ramfs_inode, inode);
}

/* Is only the reserve left, which files must not take? */
bool ramfs_is_full(void);
bool ramfs_has_room(size_t pages);

/* ramfs_dir.c */
int ramfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **found);
int ramfs_make(struct inode *dir, const char *name, size_t length, const struct inode_make *make,
	       struct inode **made);
int ramfs_link(struct inode *dir, const char *name, size_t length, struct inode *inode);
int ramfs_remove(struct inode *dir, const char *name, size_t length, struct inode *inode);
int ramfs_rename(struct inode *from, const char *from_name, size_t from_length, struct inode *inode,
		 struct inode *to, const char *to_name, size_t to_length, struct inode *victim);
int ramfs_exchange(struct inode *dir, const char *name, size_t length, struct inode *inode,
		   struct inode *other_dir, const char *other_name, size_t other_length,
		   struct inode *other);
int ramfs_entries(struct inode *dir, int64_t *position, struct dir_sink *sink);

/* ramfs.c: a new inode without a name, nlink 0; NULL: memory is out. */
struct inode *ramfs_new_inode(struct mount *mount, const struct inode_make *make);

/* ramfs_file.c */
long ramfs_read(struct inode *inode, struct io *io, uint64_t offset);
long ramfs_write(struct inode *inode, struct io *io, uint64_t offset);
int ramfs_truncate(struct inode *inode, uint64_t size);

/* ramfs_space.c */
int ramfs_allocate(struct inode *inode, uint64_t offset, uint64_t size, bool keep);
int ramfs_zero(struct inode *inode, uint64_t offset, uint64_t size);
int64_t ramfs_next(struct inode *inode, uint64_t offset, bool hole);

/* ramfs_map.c: pages may be added by page faults at any time, with inode->lock free or held. */
struct vm_source *ramfs_source(struct inode *inode);

/* For those: pages that so many bytes need; the page as memory that may be written, or NULL. */
static inline uint64_t ramfs_pages_of(uint64_t size)
{
	return (size + PAGE_MASK) >> PAGE_SHIFT;
}

uint8_t *ramfs_own_page(struct inode *inode, uint64_t number);
/* A whole page from a place of the file on: what of it is borrowed, then zeros. */
void ramfs_copy_borrowed(const struct ramfs_inode *file, uint64_t at, uint8_t *page);
void ramfs_count_blocks(struct inode *inode, long pages);

/* Forget what a mapping has written behind the end of the file. */
void ramfs_zero_tail(struct inode *inode);

#define RAMFS_SIZE_LIMIT (PAGES_NUMBER_MAX << PAGE_SHIFT)
