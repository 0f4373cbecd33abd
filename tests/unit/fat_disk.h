/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk in memory with a block cache that is none: every byte goes there at once. */
#pragma once

#include <errno.h>
#include <string.h>

#include <dev/block.h>
#include <fs/block_cache.h>
#include <fs/io.h>

#include "unit.h"

struct block_cache {
	struct block_device *device;
	uint32_t errors;
};

static uint8_t *disk_bytes;
static uint64_t disk_size;
static unsigned disk_accesses;
static unsigned disk_reads_left = ~0u, disk_writes_left = ~0u; /* until they fail */
static bool disk_fails_once;
static unsigned disk_commits;
static void (*disk_written)(void);   /* called after each write */
static void (*disk_committed)(void); /* ... and each commit that succeeded */
static struct block_device disk = {.name = "unit", .block = 512};
static struct block_cache disk_cache = {.device = &disk};

static int disk_access(uint64_t at, size_t size, unsigned *left)
{
	disk_accesses++;
	if (at > disk_size || size > disk_size - at)
		return -ENOSPC;
	if (*left != ~0u && !*left) {
		*left = disk_fails_once ? ~0u : 0;
		return -EIO;
	}
	*left -= *left != ~0u;
	return 0;
}

int block_transfer(struct block_device *device, enum block_op op, uint64_t sector, void *buffer,
		   uint64_t count)
{
	int error = disk_access(sector * 512, count * 512, &disk_reads_left);

	(void)device, (void)op;
	if (!error)
		memcpy(buffer, disk_bytes + sector * 512, count * 512);
	return error;
}

int block_cache_open(struct block_device *device, const struct block_cache_config *config,
		     struct block_cache **cache)
{
	(void)device, (void)config;
	*cache = &disk_cache;
	return 0;
}

int block_cache_close(struct block_cache *cache)
{
	(void)cache;
	return 0;
}

struct block_device *block_cache_device(struct block_cache *cache)
{
	return cache->device;
}

int block_cache_read(struct block_cache *cache, uint64_t at, void *to, size_t size)
{
	int error = disk_access(at, size, &disk_reads_left);

	(void)cache;
	if (!error)
		memcpy(to, disk_bytes + at, size);
	return error;
}

int block_cache_write(struct block_cache *cache, enum block_class class, uint64_t at,
		      const void *from, size_t size)
{
	int error = disk_access(at, size, &disk_writes_left);

	(void)class;
	cache->errors += error != 0;
	if (!error)
		memcpy(disk_bytes + at, from, size);
	if (disk_written)
		disk_written();
	return error;
}

int block_cache_read_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io)
{
	int error = disk_access(at, size, &disk_reads_left);

	(void)cache;
	if (!error)
		io_out(io, disk_bytes + at, size);
	return error;
}

int block_cache_write_io(struct block_cache *cache, uint64_t at, size_t size, struct io *io)
{
	int error = disk_access(at, size, &disk_writes_left);

	cache->errors += error != 0;
	if (!error)
		io_in(io, disk_bytes + at, size);
	return error;
}

int block_cache_zero(struct block_cache *cache, uint64_t at, size_t size)
{
	int error = disk_access(at, size, &disk_writes_left);

	(void)cache;
	if (!error)
		memset(disk_bytes + at, 0, size);
	return error;
}

/* What was there must not matter. */
void block_cache_fresh(struct block_cache *cache, uint64_t at, size_t size)
{
	(void)cache;
	if (at % 512 || size % 512 || at + size > disk_size)
		abort();
	memset(disk_bytes + at, 0, size);
}

void block_cache_drop(struct block_cache *cache, uint64_t at, size_t size)
{
	(void)cache;
	if (at % 512 || size % 512 || at + size > disk_size)
		abort();
	memset(disk_bytes + at, 0xd7, size);
}

void block_cache_prefetch(struct block_cache *cache, uint64_t at, size_t size)
{
	(void)cache, (void)at, (void)size;
}

void block_cache_ahead(struct block_cache *cache, struct block_ahead *ahead, uint64_t at,
		       size_t size, uint64_t end)
{
	(void)cache, (void)ahead, (void)at, (void)size, (void)end;
}

int block_cache_commit(struct block_cache *cache)
{
	(void)cache;
	disk_commits++;
	if (!disk_writes_left)
		return -EIO;
	if (disk_committed)
		disk_committed();
	return 0;
}

void block_cache_hold(struct block_cache *cache)
{
	(void)cache;
}

int block_cache_commit_held(struct block_cache *cache, enum block_class last)
{
	(void)last;
	return block_cache_commit(cache);
}

uint32_t block_cache_mark(struct block_cache *cache)
{
	return cache->errors;
}

void block_cache_failed(struct block_cache *cache, int error)
{
	(void)error;
	cache->errors++;
}

int block_cache_error(struct block_cache *cache, uint32_t *mark)
{
	int error = cache->errors == *mark ? 0 : -EIO;

	*mark = cache->errors;
	return error;
}
