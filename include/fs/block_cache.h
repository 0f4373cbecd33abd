/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block cache: bytes of a block device in memory, read ahead and written back later, in an
 * order that a file system can rely on when the power fails.
 *
 * Places are bytes from the device's beginning: sector * 512. Any place and size may be read and
 * written; who writes less than a sector waits for the rest of it to be read first.
 *
 * Order. What is written has a class. Classes reach the medium one after the other, with a flush of
 * the device between them: nothing of a class is written before everything of the classes ahead of
 * it that was written to the cache earlier is on the medium. Within a class there is no order. A
 * sector waits in one class at a time: writing it in another one first brings to the medium, in
 * order, what it holds (DATA that becomes something else costs one write without a flush). Data
 * may be written back at any time, the others in a commit, or when memory is out.
 *
 * So for FAT: write new chains as ALLOCATION, then the entry that points to them as ENTRY; in a
 * rename the new name as ENTRY, the old one's end as REMOVAL; a new cluster of a directory as DATA
 * before it is linked. Freed clusters: keep them taken until a commit has returned 0 after their
 * entry is gone, then free them (ALLOCATION), which the next commit brings to the medium.
 *
 * Locks. All functions: thread context, may block, no spinlock held. Several threads may call at a
 * time; that nobody reads or writes bytes another one is writing is up to the callers. While a
 * commit runs, who writes anything but DATA waits.
 *
 * Errors. A block that could not be written stays in the cache and is tried again by the next
 * commit; classes behind it are not begun. Each failed write is counted, and whoever keeps a mark
 * (an open file) is told once: fsync() commits, then returns block_cache_error().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_cache;
struct block_device;
struct io;

enum block_class { BLOCK_DATA, BLOCK_ALLOCATION, BLOCK_ENTRY, BLOCK_REMOVAL, BLOCK_CLASSES };

struct block_cache_config {
	/* A place that begins a page of the cache: where clusters begin. Multiple of 512. */
	uint64_t grid;
	size_t pages_max; /* of 4 KiB; 0: an eighth of memory for all caches together */
	/*
	 * What is not DATA has waited for some seconds: write back all, by block_cache_commit().
	 * Called in the cache's own thread without locks. NULL: the cache commits by itself.
	 */
	void (*write_back)(void *owner);
	void *owner;
};

/* 0, -ENOMEM, -EINVAL (a device with blocks that are no part of a page). */
int block_cache_open(struct block_device *device, const struct block_cache_config *config,
		     struct block_cache **cache);

/*
 * Commit, then end in any case: 0 or the error of what could not be written and is lost. Nobody
 * else uses the cache; no lock is held that config.write_back takes.
 */
int block_cache_close(struct block_cache *cache);

struct block_device *block_cache_device(struct block_cache *cache);

/* Kernel memory. 0 or a negative errno: -EIO, -ENOSPC (beyond the end), -EROFS, -ENOMEM, … */
int block_cache_read(struct block_cache *cache, uint64_t at, void *to, size_t size);
int block_cache_write(struct block_cache *cache, enum block_class class, uint64_t at,
		      const void *from, size_t size);

/*
 * The same for an application's memory, as DATA: up to `size` bytes, moved from or to `io`. 0 or a
 * negative errno; how far it came is in io->done, and io->fault as ever. Large transfers go between
 * the device and the application's pages without a copy.
 */
int block_cache_read_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io);
int block_cache_write_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io);

/* DATA that is zeros. */
int block_cache_zero(struct block_cache *cache, uint64_t at, size_t size);

/*
 * Whoever writes next into these sectors need not know what is on the medium: they count as zeros
 * from now on (a cluster that was just allocated), in the cache alone until they are written. Whole
 * sectors. No error: where there is no memory, nothing happens, and writing reads them.
 */
void block_cache_fresh(struct block_cache *cache, uint64_t at, size_t size);

/* Begin to read what is not there yet; does not wait. Best for all pieces of a large read. */
void block_cache_prefetch(struct block_cache *cache, uint64_t at, size_t size);

/*
 * Read-ahead of one open file, zeroed at first: tell of each read before it is made. The window
 * doubles while reads follow each other; `end` is where the piece of the medium that the file has
 * from `at` on ends.
 */
struct block_ahead {
	uint64_t next;	/* where the next read begins if they are in order */
	uint64_t ready; /* up to here is read or under way */
	uint32_t window;
};
void block_cache_ahead(struct block_cache *cache, struct block_ahead *ahead, uint64_t at,
		       size_t size, uint64_t end);

/* Forget it, written or not: clusters that are free. Whole sectors; others stay. */
void block_cache_drop(struct block_cache *cache, uint64_t at, size_t size);

/*
 * Everything that was written so far is on the medium, in order, when it returns 0. With nothing to
 * write it still flushes what the device may keep, once.
 */
int block_cache_commit(struct block_cache *cache);

/*
 * The same in two steps, for the classes up to `last`: after the first one nothing but DATA is
 * written into the cache, so that the second, which ends that, brings to the medium what there is
 * now.
 */
void block_cache_hold(struct block_cache *cache);
int block_cache_commit_held(struct block_cache *cache, enum block_class last);

/* Begin to write data back; neither waits nor flushes (sync_file_range, close of a large file). */
void block_cache_push(struct block_cache *cache);

/* A mark for a new open file; and the error since a mark, which moves on: told once, else 0. */
uint32_t block_cache_mark(struct block_cache *cache);
int block_cache_error(struct block_cache *cache, uint32_t *mark);
/* Something that was to be kept is lost, for another reason: it counts as a failed write. */
void block_cache_failed(struct block_cache *cache, int error);

struct block_cache_stats {
	size_t pages, pages_max, dirty; /* of 4 KiB, now */
	uint64_t hits, misses;		/* pages asked for by reads */
	uint64_t ahead;			/* pages read before they were asked for */
	uint64_t direct;		/* bytes that were not copied */
	uint64_t requests, flushes, errors;
};
void block_cache_stats(struct block_cache *cache, struct block_cache_stats *stats);
