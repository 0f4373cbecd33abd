/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the block cache. Pages of 4 KiB with their sectors in masks of 8 bits, found by number
 * through a hash table.
 *
 * A page is on one list: `clean` or `dirty` (a sector of it waits to be written). It stays while it
 * has users or something of it is on the way. Sectors that are `busy` are being filled, by the
 * device or by a thread: nobody else touches them. Sectors that are being written may change
 * meanwhile if they are DATA (they become dirty again).
 *
 * Locks, in this order:
 *   commit_lock  held by a commit, and while what is not DATA is written into the cache
 *   write_lock   who begins to write back
 *   queue.lock   everything else; waiters wait for any of it to change
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>
#include <base/list.h>
#include <dev/block.h>
#include <fs/block_cache.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>

#define PAGE_SECTORS 8
#define CACHE_ALL    0xffu /* all sectors of a page */
/* Pages of one request, which is begun with interrupts off, and ended in one interrupt. */
#define CACHE_RUN_MAX	 ((size_t)32)
#define CACHE_IOS	 16 /* requests on the way, at most */
#define CACHE_PAGES_MIN	 ((size_t)16)
#define CACHE_TICK_NS	 (2500 * NS_PER_MS) /* what is older than one to two of them is written */
#define CACHE_DIRTY(max) ((max) / 2)	    /* pages that may wait for being written */

struct cache_page {
	struct cache_page *chain; /* of the hash table */
	uint64_t number;
	uint8_t *data; /* linear map */
	struct list node;
	struct cache_page *next; /* of those being written back together */
	uint64_t stamp;		 /* when it became dirty: cache->stamp of then */
	uint32_t users;
	int16_t error; /* of the last try to read */
	bool referenced;
	uint8_t valid;		      /* sectors that are known */
	uint8_t busy;		      /* … that are being filled */
	uint8_t writing;	      /* … on their way to the device */
	uint8_t dirty[BLOCK_CLASSES]; /* … that wait; a sector is in one of them at most */
};

/* Requests past the cache, guarded by queue.lock. */
struct cache_direct {
	unsigned out;
	int error;
};

/* A request and the pages it serves. */
struct cache_io {
	struct block_request request;
	struct block_cache *cache;
	struct list node; /* in cache->ios while free */
	uint64_t sector;  /* the request's, as the cache counts */
	unsigned pages;
	enum block_class class;	     /* of a write */
	struct cache_direct *direct; /* not the cache's own pages; else NULL */

	struct cache_page **page;
	struct block_piece *piece;
};

struct block_cache {
	struct waitq queue;
	struct block_device *device;
	struct block_cache_config config;
	uint64_t shift;	  /* bytes of page 0 ahead of the device's beginning */
	uint64_t sectors; /* of the device */
	uint8_t granule;  /* sectors of the device's own block */

	struct cache_page **table;
	size_t table_mask;
	struct list clean; /* oldest first */
	struct list dirty; /* in the order they became so */
	size_t pages, pages_max, dirty_pages;
	size_t class_pages[BLOCK_CLASSES]; /* how many have sectors of a class */
	uint64_t stamp;			   /* of the page that became dirty last */
	uint64_t metadata_stamp;	   /* … when the first of the other classes did */
	int write_error;		   /* of those who write back: guarded by write_lock, too */
	unsigned reads_out, writes_out;	   /* requests on the way */
	bool unflushed;			   /* the device may keep something that was written */
	uint32_t error_count;
	int error; /* the last one */

	struct list ios; /* free ones */
	unsigned io_pages, io_pieces;
	void *io_memory;

	struct mutex commit_lock, write_lock;

	/* fs/cache_flusher.c */
	struct waitq flusher_queue; /* its lock is taken after queue.lock */
	bool ticking;		    /* something is dirty: the flusher looks from time to time */
	bool ending;		    /* guarded by flusher_queue.lock */
	int32_t flusher_id;
	uint64_t tick_stamp; /* what became dirty up to here is old at the next tick */

	struct block_cache_stats stats;
};

/* Where a place is. */
static inline uint64_t cache_number(const struct block_cache *cache, uint64_t at)
{
	return (at + cache->shift) >> PAGE_SHIFT;
}

static inline size_t cache_offset(const struct block_cache *cache, uint64_t at)
{
	return (at + cache->shift) & PAGE_MASK;
}

/* Sectors of a page that bytes [start, end) touch, and those that lie in them as a whole. */
static inline uint8_t cache_touched(size_t start, size_t end)
{
	return (uint8_t)((CACHE_ALL >> (PAGE_SECTORS - (end + BLOCK_SECTOR - 1) / BLOCK_SECTOR)) &
			 (CACHE_ALL << start / BLOCK_SECTOR));
}

static inline uint8_t cache_whole(size_t start, size_t end)
{
	size_t first = (start + BLOCK_SECTOR - 1) / BLOCK_SECTOR, behind = end / BLOCK_SECTOR;

	return first < behind ? cache_touched(first * BLOCK_SECTOR, behind * BLOCK_SECTOR) : 0;
}

/* cache.c: 0 or what is wrong with a range of bytes. */
int cache_check(const struct block_cache *cache, uint64_t at, size_t size, bool write);
void cache_failed(struct block_cache *cache, int error); /* queue.lock is held */

/* cache_page.c; queue.lock is held in all of them. */
static inline struct cache_page *cache_find(struct block_cache *cache, uint64_t number)
{
	struct cache_page *page = cache->table[number & cache->table_mask];

	while (page && page->number != number)
		page = page->chain;
	return page;
}

/* The page, made if it is not there. NULL: there is no room now. */
struct cache_page *cache_make(struct block_cache *cache, uint64_t number);
void cache_set_dirty(struct block_cache *cache, struct cache_page *page, enum block_class class,
		     uint8_t sectors);
void cache_clear_dirty(struct block_cache *cache, struct cache_page *page, enum block_class class,
		       uint8_t sectors);
/* Nothing of it waits any more, or something does: to the list it belongs on. */
void cache_settle(struct block_cache *cache, struct cache_page *page);
void cache_forget(struct block_cache *cache, struct cache_page *page);
uint8_t cache_exists(const struct block_cache *cache, uint64_t number); /* sectors of the device */
static inline uint8_t cache_dirty(const struct cache_page *page)
{
	return page->dirty[BLOCK_DATA] | page->dirty[BLOCK_ALLOCATION] | page->dirty[BLOCK_ENTRY] |
	       page->dirty[BLOCK_REMOVAL];
}

/* Pages with something but DATA, roughly. */
static inline size_t cache_metadata(const struct block_cache *cache)
{
	return cache->class_pages[BLOCK_ALLOCATION] + cache->class_pages[BLOCK_ENTRY] +
	       cache->class_pages[BLOCK_REMOVAL];
}

/* cache_io.c: requests that are put together from runs of sectors. */
struct cache_batch {
	struct block_cache *cache;
	enum block_op op;
	enum block_class class;
	bool may_wait;
	struct cache_io *io;  /* the one being filled, or NULL */
	uint64_t next_sector; /* behind it */
};
int cache_ios_make(struct block_cache *cache);
/*
 * Add sectors of a page, whose marks (busy, writing) are set. Returns those that were not added: no
 * request is free, and the batch may not wait. No lock.
 */
uint8_t cache_batch_add(struct cache_batch *batch, struct cache_page *page, uint8_t sectors);
void cache_batch_end(struct cache_batch *batch); /* submit the last one, and kick */
/* A request that is empty but for op and done. NULL: none is free, and the batch may not wait. */
struct cache_io *cache_io_take(struct cache_batch *batch);

/* Begin to read what of pages [first, end) is not there; may stop early. No lock. */
void cache_read_begin(struct block_cache *cache, uint64_t first, uint64_t end, bool waited);

/*
 * A page with these sectors valid, one user more: to be given back by cache_put(). `run` pages from
 * it on are wanted next. 0 or an error. No lock but, with `committing`, commit_lock.
 */
int cache_get(struct block_cache *cache, uint64_t number, uint8_t sectors, size_t run,
	      bool committing, struct cache_page **page);
static inline void cache_put(struct cache_page *page)
{
	__atomic_fetch_sub(&page->users, 1, __ATOMIC_RELEASE);
}

/* cache_write.c: whole sectors are forgotten, whatever they hold. No lock. */
void cache_forget_range(struct block_cache *cache, uint64_t at, size_t size);

/* Sleep until something changes. queue.lock is held, and given up meanwhile. */
void cache_wait(struct block_cache *cache, struct irq_state *state);
/* Room for a page: write something back, or wait. 0: try again. */
int cache_make_room(struct block_cache *cache, bool committing);

/*
 * cache_commit.c: write back up to so many pages that are dirty of a class and no younger than
 * `stamp`, and wait. write_lock is held.
 */
int cache_write_back(struct block_cache *cache, enum block_class class, uint64_t stamp,
		     size_t pages_max);
/* A commit up to a class, commit_lock being held. */
int cache_commit_locked(struct block_cache *cache, enum block_class last);
/* What is DATA of one page that the caller uses. No lock. */
int cache_write_page(struct block_cache *cache, struct cache_page *page);

/* cache_flusher.c */
int cache_flusher_start(struct block_cache *cache);
void cache_flusher_stop(struct block_cache *cache);
void cache_flusher_wake(struct block_cache *cache); /* something is dirty; queue.lock is held */
void cache_tick(struct block_cache *cache);	    /* what the flusher does at a time */

/*
 * cache_direct.c: between the device and an application's pages. Bytes moved; 0: it takes the other
 * way; or an error.
 */
#define CACHE_DIRECT_MIN ((size_t)128 << 10)
long cache_direct(struct block_cache *cache, bool write, uint64_t at, size_t size, struct io *io);
