/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FAT12, FAT16, FAT32 and exFAT. Names and directories are the library's work (fat_lib.c), which
 * knows neither open files nor an order of writes; chains of files, their data and everything POSIX
 * wants are done here.
 *
 * Order on the medium, by the block cache's classes (fs/block_cache.h):
 *   data before allocations before entries, so that an entry never points to what is not there;
 *   a chain's new end before the link to it, where they are in two sectors of the FAT;
 *   the new name of a rename before the old one's end;
 *   clusters are given back only after a commit that took away what pointed to them.
 * So what a power cut leaves is clusters nobody owns: lost ones, or a chain longer than its file;
 * and after a rename perhaps two names of one chain.
 *
 * Locks, in this order: mount.lock (names), inode.lock (a file's bytes), volume.lock (everything
 * here, the library's state, chains). While the cache commits none of them is needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/avl.h>
#include <base/list.h>
#include <fs/block_cache.h>
#include <fs/fat_check.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <mem/vm_source.h>

#define FFCONF_H <fs/fat_config.h>
#include <ff.h>

#include "fat_index.h"
#include "pages.h"

#define FAT_ENTRY     32   /* bytes of an entry of a directory */
#define FAT_LABEL     0x08 /* attribute of what is no file */
#define FAT_NO_LONG   0xffffffff
#define FAT_RUNS_MAX  512 /* of one file that are remembered */
#define FAT_NOT_ALL   UINT32_MAX
#define FAT_NAME_WIDE 256 /* UTF-16 units of a name, with the zero */
#define FAT_SET_BYTES 608 /* the entries of one name on exFAT: 19 */
#define FAT_TOGETHER  16  /* entries that reach the medium at once: a sector */
#define FAT_REMOVED   128 /* names that are remembered, a power of two */
#define FAT_LINKS     64

struct fat_chain { /* clusters that nothing points to after commit number `commit` */
	struct fat_chain *next;
	uint32_t first, count; /* count 0: as many as the FAT says */
	uint32_t commit;
};

/* A short name that was taken away, perhaps not on the medium yet. */
struct fat_removed {
	uint32_t hash;	 /* of its directory and its text */
	uint32_t sector; /* of the directory */
	uint32_t commit; /* that brings it to the medium */
};

/* A chain goes on at `to`: not in the FAT yet (fs/fat_links.c). */
struct fat_link {
	uint32_t from, to;
	uint32_t round; /* link_round of then */
};

struct fat_volume;

/* By way of the first link that is kept: a program that writes no files has none of it linked. */
struct fat_links_ops {
	uint32_t (*find)(const struct fat_volume *volume, uint32_t from);
	void (*forget)(struct fat_volume *volume, uint32_t from);
	int (*settle)(struct fat_volume *volume, bool unlock);
};

struct fat_volume {
	struct mount mount;
	struct block_cache *cache;
	struct mutex lock; /* guards what follows */
	FATFS fat;
	enum block_class class; /* of what the library writes outside the FAT */
	int error;		/* what the device said last: the library has one error for all */
	bool read_only;
	bool marked;	  /* the medium says that the volume is in use */
	bool leaks;	  /* an error left clusters to nobody: marked until the next check */
	uint32_t cluster; /* bytes */
	unsigned cluster_shift;
	struct avl_tree by_place, by_number; /* inodes that live */
	uint64_t last_number;		     /* of inodes that could not have their place's */
	struct list dirty;		     /* inodes whose entries are out of date */
	struct list longer;		     /* inodes with clusters behind their end, referenced */
	struct fat_chain *gone;
	uint32_t commit;    /* the number of the next one to begin */
	uint32_t done;	    /* ... and of the last one that succeeded */
	uint32_t forgotten; /* the commit of the last name that `removed` had no room for */
	struct fat_removed removed[FAT_REMOVED];
	struct fat_link links[FAT_LINKS];
	uint32_t link_count, link_round;
	const struct fat_links_ops *links_ops; /* while link_count is not 0 */
	struct fat_index *indexes;	       /* of large directories: fs/fat_index.h */
	uint64_t long_scan;		       /* the directory that was searched far last, + 1 */
	uint32_t scanned;		       /* bytes of a directory, by the last search */
	FILINFO info;
	WCHAR name[FAT_NAME_WIDE], other_name[FAT_NAME_WIDE];
	BYTE set[FAT_SET_BYTES];
	char text[NAME_BYTES_MAX + 1];
};

/* A piece of a file: `count` clusters from number `index` of the file on are `first`, … */
struct fat_run {
	uint32_t index, first, count;
};

/*
 * Bytes of a file that follow each other on the medium: where it was read last. Written with
 * inode->lock and volume->lock held, so who reads it holds either; only `bytes` becomes 0 with
 * volume->lock alone. It may tell of clusters behind the file's end, which is no matter.
 */
struct fat_near {
	uint64_t offset, place, bytes;
};

struct fat_inode {
	struct inode inode;
	/*
	 * Where its entry is; NULL: root, or without a name. Referenced, but of a directory, which
	 * has inode.parent.
	 */
	struct fat_inode *dir;
	/* Offsets of its first and last entry in the directory; the key is made of them. */
	uint32_t entry_first, entry_last;
	struct avl_node by_place, by_number;
	bool placed;	    /* it is in by_place */
	bool listed_dirty;  /* in volume->dirty */
	bool listed_longer; /* in volume->longer */
	unsigned revived;   /* releases to come that do not count: volume->lock */
	struct list dirty, longer;
	uint8_t attributes, age;
	int64_t created_ns;
	uint32_t first;		/* cluster, 0: none (the root of FAT12 and FAT16 as well) */
	bool contiguous;	/* exFAT: the chain is not in the FAT */
	uint32_t clusters;	/* allocated; FAT_NOT_ALL: the chain's end was not seen yet */
	uint64_t reserved;	/* a write in progress will end there */
	uint32_t longer_commit; /* what is behind its end can go after that one */
	struct fat_run *runs;	/* the beginning of the chain, in order */
	struct fat_run seen;	/* the last piece behind them that was looked at; count 0: none */
	uint32_t run_count, run_room;
	struct fat_near near;
	struct block_ahead ahead;
	struct vm_source source;
	struct pages pages; /* of mappings */
	uint64_t mapped;    /* no mapping goes beyond this page: inode.lock */
};

static inline struct fat_inode *fat_inode(struct inode *inode)
{
	return CONTAINER_OF(inode, struct fat_inode, inode);
}

static inline struct fat_volume *fat_volume(const struct inode *inode)
{
	return CONTAINER_OF(inode->mount, struct fat_volume, mount);
}

static inline bool fat_is_exfat(const struct fat_volume *volume)
{
	return FAT_EXFAT && volume->fat.fs_type == FS_EXFAT;
}

extern const struct inode_ops fat_inode_ops, fat_read_only_ops;

/* --- fat_lib.c: the library; volume->lock is held, results 0 or a negative errno ------------- */

/* Where an entry is, and what it says. */
struct fat_entry {
	uint32_t first_offset, last_offset; /* in its directory */
	uint8_t attributes;
	uint8_t age; /* on FAT: which of two names of one chain is the later one (fs/fat_check.h) */
	bool contiguous;
	uint32_t cluster;
	uint64_t size;
	int64_t created_ns, modified_ns, accessed_ns;
};

int fat_lib_error(struct fat_volume *volume, int result);
int fat_lib_mount(struct fat_volume *volume);
/* What is in the window goes to the cache in the class it was written as, then `class` counts. */
int fat_lib_class(struct fat_volume *volume, enum block_class class);
int fat_lib_flush(struct fat_volume *volume);

/* A name as FAT has it; the long form is in volume->name. */
struct fat_name {
	uint8_t text[12]; /* the short form, and the library's flags */
	bool exact;	  /* it is the same name */
	uint32_t entries;
};

/* -EINVAL: FAT has no such names; -ENAMETOOLONG. */
int fat_lib_name(struct fat_volume *volume, const char *name, size_t length, struct fat_name *to);
/* These two search the directory, and leave in volume->scanned how far. */
int fat_lib_find(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry);
int fat_lib_add(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry);
int fat_lib_remove(struct fat_inode *dir, uint32_t first_offset, uint32_t last_offset);
/* Bring an entry up to date: all but its name. */
int fat_lib_update(struct fat_inode *dir, const struct fat_entry *entry);
/*
 * The entry at or behind `*offset`, which moves behind it: 1, 0 at the end. The second leaves its
 * name in volume->info.fname.
 */
int fat_lib_next(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry);
int fat_lib_next_named(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry);
/*
 * Not on exFAT: the same, with its short name of 11 bytes in short_text, and the long one in
 * volume->other_name, which is empty if there is none.
 */
int fat_lib_next_both(struct fat_inode *dir, uint32_t *offset, struct fat_entry *entry,
		      uint8_t *short_text);
/* The first byte of an entry: 0 at the end of what was ever used, FAT_FREE, others; or an error. */
#define FAT_FREE 0xe5
int fat_lib_state(struct fat_inode *dir, uint32_t offset);
/* The short form with a number, for which another name has not the same one. */
void fat_lib_numbered(struct fat_volume *volume, const struct fat_name *name, unsigned number,
		      uint8_t *text);
/*
 * A name's entries from entry->first_offset on, which are free; -ESTALE: they are not. Those from
 * `end` on were never used.
 */
#define FAT_NO_END UINT32_MAX
int fat_lib_put_name(struct fat_inode *dir, const struct fat_name *name, uint32_t end,
		     struct fat_entry *entry);
/* A cluster more, cleared, behind the directory's last entry. -ENOSPC. */
int fat_lib_stretch(struct fat_inode *dir, uint32_t last_offset, uint32_t *cluster);
/* A cleared cluster for a new directory in `parent`; and whose subdirectory it is from now on. */
int fat_lib_make_dir(struct fat_volume *volume, struct fat_inode *parent, uint32_t *cluster);
int fat_lib_set_parent(struct fat_volume *volume, uint32_t cluster, struct fat_inode *parent);

/* The FAT: >= 2 a cluster, FAT_END the last one, 0 free, or a negative errno. */
#define FAT_END INT64_MAX
int64_t fat_lib_get(struct fat_volume *volume, uint32_t cluster);
int fat_lib_put(struct fat_volume *volume, uint32_t cluster, uint32_t next); /* UINT32_MAX: end */
/* A free cluster, the first one from `goal` on, all around: -ENOSPC. */
int64_t fat_lib_find_free(struct fat_volume *volume, uint32_t goal);
bool fat_lib_is_free(struct fat_volume *volume, uint32_t cluster);
/* exFAT: mark clusters in the bitmap. */
int fat_lib_mark(struct fat_volume *volume, uint32_t cluster, uint32_t count, bool used);
int64_t fat_lib_count_free(struct fat_volume *volume);

/* What the inode's entry should say. */
struct fat_entry fat_inode_entry(const struct fat_inode *file);

/* --- fat_names.c: the same by an index, where there is one; volume->lock is held ------------- */

int fat_names_find(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry);
int fat_names_add(struct fat_inode *dir, const char *name, size_t length, struct fat_entry *entry);
int fat_names_remove(struct fat_inode *dir, uint32_t first_offset, uint32_t last_offset);
/* A directory was searched up to that byte: with the second long search it gets an index. */
void fat_names_searched(struct fat_inode *dir, uint32_t bytes);

/*
 * --- fat_removed.c: a name that comes back ------------------------------------------------------
 *
 * In two sectors of its directory a name that was removed and the one that was made then could be
 * on the medium both. So the removal gets there first. volume->lock is held.
 */
void fat_removed_note(struct fat_inode *dir, const uint8_t *text, uint32_t offset);
/* A short name is about to be written at `offset`: 0, or the error of a commit that it wants. */
int fat_removed_settle(struct fat_inode *dir, const uint8_t *text, uint32_t offset);

/*
 * --- fat_links.c: links between sectors of the FAT; volume->lock is held ------------------------
 *
 * Behind `from`, the last cluster of a chain, comes another one, which is in the FAT: its first and
 * its last cluster, and between them only neighbours. 0, or the error of a commit that was needed.
 */
int fat_links_add(struct fat_volume *volume, uint32_t from, uint32_t to, uint32_t last);
/* Where a chain goes on whose end the FAT shows; 0: nowhere. */
static inline uint32_t fat_links_find(const struct fat_volume *volume, uint32_t from)
{
	return volume->link_count ? volume->links_ops->find(volume, from) : 0;
}

/* It ends there from now on. */
static inline void fat_links_forget(struct fat_volume *volume, uint32_t from)
{
	if (volume->link_count)
		volume->links_ops->forget(volume, from);
}

/* Does what the FAT says of a cluster reach the medium at once? */
bool fat_links_whole(const struct fat_volume *volume, uint32_t cluster);
/* Before any entry is written: all links are in the FAT when it returns 0. */
static inline int fat_links_settle(struct fat_volume *volume)
{
	return volume->link_count ? volume->links_ops->settle(volume, false) : 0;
}

/*
 * The same, with the lock let go meanwhile. For what came then, if anything did, it is held: who
 * commits waits for no others a second time.
 */
static inline int fat_links_begin_commit(struct fat_volume *volume)
{
	int error = volume->link_count ? volume->links_ops->settle(volume, true) : 0;

	return error ? error : fat_links_settle(volume);
}

/* --- fat_drive.c ------------------------------------------------------------------------------ */

/* Days, hours and so on as FAT has them; local time counts as UTC. Seconds are even ... */
uint32_t fat_stamp(int64_t ns);
int64_t fat_from_stamp(uint32_t stamp, unsigned hundredths);
/* ... and this is what that left out, in hundredths. */
uint8_t fat_hundredths(int64_t ns);

/* --- fat_chain.c: clusters of files; volume->lock is held ------------------------------------ */

uint64_t fat_place(const struct fat_volume *volume, uint32_t cluster);
/* Where byte `offset` is, and how many bytes follow in one piece. -EIO: the chain ends before. */
int fat_map(struct fat_inode *file, uint64_t offset, uint64_t *place, uint64_t *bytes);
/* Let the chain have clusters for `size` bytes. -ENOSPC: it has as many as there were. */
int fat_extend(struct fat_inode *file, uint64_t size);
/* Clusters behind `size` bytes are given back; no entry on the medium counts them any more. */
int fat_trim(struct fat_inode *file, uint64_t size);
/* Its chain is given back after the next commit: its entry is gone, or there never was one. */
void fat_forget(struct fat_inode *file);
/* Give back what commit number `commit` has made free. */
int fat_free_gone(struct fat_volume *volume, uint32_t commit);

/* --- fat_inode.c ------------------------------------------------------------------------------ */

/* The inode of an entry: a reference. volume->lock is held. */
int fat_inode_get(struct fat_inode *dir, const struct fat_entry *entry, struct inode **inode);
struct fat_inode *fat_inode_new(struct fat_volume *volume, uint32_t mode);
void fat_inode_free(struct fat_inode *inode);	/* one that nobody has seen */
void fat_inode_number(struct fat_inode *inode); /* inode.number was set */
uint64_t fat_inode_number_at(struct fat_inode *dir, uint32_t offset);
/* It has the entry from now on; references are up to the caller. volume->lock is held. */
void fat_inode_place(struct fat_inode *inode, struct fat_inode *dir, uint32_t first, uint32_t last);
void fat_inode_unplace(struct fat_inode *inode);
void fat_inode_dirty(struct fat_inode *inode);
int fat_inode_flush(struct fat_inode *inode); /* its entry to the cache */
void fat_changed(struct inode *inode);
struct inode *fat_release(struct inode *inode);
int fat_sync(struct inode *inode, uint32_t *mark);
uint32_t fat_mark(struct inode *inode);

/* Everything to the medium, then what was waiting for that. No lock. */
int fat_commit(struct fat_volume *volume);
/* The same with volume->lock held; in the midst of nothing. */
int fat_commit_locked(struct fat_volume *volume);
/* Make room by a commit, if that can be; volume->lock is held, and let go meanwhile. */
bool fat_reclaim(struct fat_volume *volume);
/* Something is about to change: 0, or why that cannot be. volume->lock is held. */
int fat_begin(struct fat_volume *volume);

/* --- fat_volume.c ----------------------------------------------------------------------------- */

void fat_volume_write_back(void *volume);
void fat_volume_statfs(struct mount *mount, struct statfs *stat);
int fat_volume_sync(struct mount *mount);
void fat_volume_end(struct mount *mount);
/* Say on the medium, in the next commit, whether the volume is in use; does it say so? */
int fat_volume_mark(struct fat_volume *volume, enum block_class class, bool in_use);
bool fat_volume_is_marked(struct fat_volume *volume);

/* --- fat_dir.c, fat_file.c, fat_map.c: inode_ops ---------------------------------------------- */

int fat_lookup(struct inode *dir, const char *name, size_t length, struct inode **found);
int fat_create(struct inode *dir, const char *name, size_t length, const struct inode_make *make,
	       struct inode **made);
int fat_remove(struct inode *dir, const char *name, size_t length, struct inode *inode);
int fat_rename(struct inode *from, const char *from_name, size_t from_length, struct inode *inode,
	       struct inode *to, const char *to_name, size_t to_length, struct inode *victim);
int fat_entries(struct inode *dir, int64_t *position, struct dir_sink *sink);
long fat_read(struct inode *inode, struct io *io, uint64_t offset);
long fat_write(struct inode *inode, struct io *io, uint64_t offset);
int fat_truncate(struct inode *inode, uint64_t size);
int fat_allocate(struct inode *inode, uint64_t offset, uint64_t size, bool keep);
int fat_zero(struct inode *inode, uint64_t offset, uint64_t size);
struct vm_source *fat_source(struct inode *inode);
int fat_prepare(struct inode *inode, uint64_t first_page, size_t size);
/* Mapped pages of a file: what was written to it, cut off, or must reach the medium. */
int fat_pages_read(struct fat_inode *file, struct io *io, uint64_t *offset);
void fat_pages_update(struct fat_inode *file, uint64_t offset, uint64_t end);
void fat_pages_truncated(struct fat_inode *file);
/* It has become larger than `size`: its mappings have what is new. inode.lock is held. */
void fat_pages_grown(struct fat_inode *file, uint64_t size);
int fat_pages_write(struct fat_inode *file);
