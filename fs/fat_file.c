/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of regular files on FAT: all of a file has clusters, so what is skipped is written as
 * zeros. inode->lock is held in all functions.
 */
#include "fat.h"

#include <errno.h>
#include <sys/stat.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <base/guard.h>
#include <fs/io.h>

#define FAT_LIMIT   UINT64_C(0xffffffff)
#define EXFAT_LIMIT (UINT64_C(1) << 46)

static uint64_t size_limit(const struct fat_volume *volume)
{
	return fat_is_exfat(volume) ? EXFAT_LIMIT : FAT_LIMIT;
}

static int map_locked(struct fat_inode *file, uint64_t offset, uint64_t *place, uint64_t *bytes)
{
	int error;

	GUARD(mutex, &fat_volume(&file->inode)->lock);
	error = fat_map(file, offset, place, bytes);
	if (!error) {
		file->near.offset = offset;
		file->near.place = *place;
		WRITE_ONCE(file->near.bytes, *bytes);
	}
	return error;
}

/* The same for reading, which mostly goes on where it was. */
static int find(struct fat_inode *file, uint64_t offset, uint64_t *place, uint64_t *bytes)
{
	uint64_t within = offset - file->near.offset, known = READ_ONCE(file->near.bytes);

	if (within >= known)
		return map_locked(file, offset, place, bytes);
	*place = file->near.place + within;
	*bytes = known - within;
	return 0;
}

long fat_read(struct inode *inode, struct io *io, uint64_t offset)
{
	struct fat_volume *volume = fat_volume(inode);
	struct fat_inode *file = fat_inode(inode);
	int error = 0;

	while (offset < inode->size && io->left && !io->fault && !error) {
		uint64_t place, bytes, n;
		size_t before = io->done;

		if (READ_ONCE(file->pages.count)) {
			error = fat_pages_read(file, io, &offset);
			if (error || io->done != before)
				continue;
		}
		error = find(file, offset, &place, &bytes);
		if (error)
			break;
		n = MIN(MIN(bytes, inode->size - offset), io->left);
		block_cache_ahead(volume->cache, &file->ahead, place, n,
				  place + MIN(bytes, inode->size - offset));
		if (READ_ONCE(file->pages.count))
			n = MIN(n, PAGE_SIZE - (offset & PAGE_MASK));
		error = block_cache_read_io(volume->cache, place, n, io);
		offset += io->done - before;
	}
	return io->done || !error ? io_result(io) : error;
}

/* Zeros in the file's clusters. */
static int write_zeros(struct fat_inode *file, uint64_t offset, uint64_t end)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint64_t start = offset, place, bytes;
	int error = 0;

	while (offset < end && !error) {
		error = map_locked(file, offset, &place, &bytes);
		if (error)
			break;
		bytes = MIN(bytes, end - offset);
		error = block_cache_zero(volume->cache, place, bytes);
		offset += bytes;
	}
	if (!error)
		fat_pages_update(file, start, end);
	return error;
}

/* Chains that are longer than their files become shorter after a commit. */
static void is_longer(struct fat_inode *file)
{
	struct fat_volume *volume = fat_volume(&file->inode);

	file->longer_commit = volume->commit;
	if (file->listed_longer)
		return;
	inode_get(&file->inode);
	list_push_back(&volume->longer, &file->longer);
	file->listed_longer = true;
}

/*
 * Clusters up to *end, or as far as there are any: then *end is there. What is in the last one is
 * of no interest, so that nobody reads it.
 */
static int reserve(struct fat_inode *file, uint64_t *end)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint64_t had, have;
	int error;

	GUARD(mutex, &volume->lock);
	error = fat_begin(volume);
	if (error)
		return error;
	had = file->clusters;
	error = fat_extend(file, *end);
	if (error == -ENOSPC && fat_reclaim(volume))
		error = fat_extend(file, *end);
	have = (uint64_t)file->clusters << volume->cluster_shift;
	if (error == -ENOSPC && have > file->inode.size) {
		*end = MIN(*end, have);
		error = 0;
	}
	if (error)
		return error;
	file->reserved = *end;
	if (had != file->clusters && *end & (volume->cluster - 1)) {
		uint64_t last = *end & ~(uint64_t)(volume->cluster - 1), place, bytes;

		/* How many clusters it had may not have been known: bytes of the file stay. */
		if (last >= file->inode.size && !fat_map(file, last, &place, &bytes))
			block_cache_fresh(volume->cache, place, volume->cluster);
	}
	return 0;
}

/* Writing is over. */
static void settle(struct fat_inode *file)
{
	struct fat_volume *volume = fat_volume(&file->inode);

	GUARD(mutex, &volume->lock);
	file->reserved = 0;
	fat_inode_dirty(file);
	if (file->clusters != FAT_NOT_ALL &&
	    (uint64_t)file->clusters << volume->cluster_shift >= file->inode.size + volume->cluster)
		is_longer(file);
}

/* Grow with zeros from the present size to `offset`, with room up to *end. */
static int grow(struct fat_inode *file, uint64_t offset, uint64_t *end)
{
	uint64_t size = file->inode.size;
	int error = reserve(file, end);

	if (!error && offset > size)
		error = write_zeros(file, size, MIN(offset, *end));
	return error;
}

long fat_write(struct inode *inode, struct io *io, uint64_t offset)
{
	struct fat_volume *volume = fat_volume(inode);
	struct fat_inode *file = fat_inode(inode);
	uint64_t limit = size_limit(volume), end = offset + io->left, start = offset;
	uint64_t size = inode->size;
	bool grows;
	int error = 0;

	if (offset >= limit)
		return -EFBIG;
	end = MIN(end, limit);
	grows = end > inode->size;
	if (grows)
		error = grow(file, offset, &end);
	if (!error && end <= offset && io->left)
		error = -ENOSPC;
	while (!error && offset < end && !io->fault) {
		uint64_t place, bytes;
		size_t before = io->done;

		error = map_locked(file, offset, &place, &bytes);
		if (error)
			break;
		error = block_cache_write_io(volume->cache, place, MIN(bytes, end - offset), io);
		offset += io->done - before;
		if (offset > inode->size)
			WRITE_ONCE(inode->size, offset);
	}
	fat_pages_update(file, start, offset);
	if (file->mapped && grows)
		fat_pages_grown(file, size);
	inode_touch(inode, INODE_MTIME | INODE_CTIME);
	if (grows || !READ_ONCE(file->listed_dirty))
		settle(file);
	return io->done || !error ? io_result(io) : error;
}

static int shrink(struct fat_inode *file, uint64_t size)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	int error;

	mutex_lock(&volume->lock);
	error = fat_begin(volume);
	if (error) {
		mutex_unlock(&volume->lock);
		return error;
	}
	WRITE_ONCE(file->inode.size, size);
	inode_touch(&file->inode, INODE_MTIME | INODE_CTIME);
	fat_inode_dirty(file);
	is_longer(file);
	mutex_unlock(&volume->lock);
	fat_pages_truncated(file);
	return 0;
}

int fat_truncate(struct inode *inode, uint64_t size)
{
	struct fat_volume *volume = fat_volume(inode);
	struct fat_inode *file = fat_inode(inode);
	uint64_t end = size, before = inode->size;
	int error;

	if (size > size_limit(volume))
		return -EFBIG;
	if (size < inode->size)
		return shrink(file, size);
	if (size == inode->size)
		return 0;
	error = grow(file, size, &end);
	if (!error && end < size)
		error = -ENOSPC;
	if (!error)
		WRITE_ONCE(inode->size, size);
	if (!error && file->mapped)
		fat_pages_grown(file, before);
	inode_touch(inode, INODE_MTIME | INODE_CTIME);
	settle(file);
	return error;
}

int fat_allocate(struct inode *inode, uint64_t offset, uint64_t size, bool keep)
{
	if (offset + size <= inode->size)
		return 0;
	/* Clusters behind a file's end count as damage. */
	return keep ? -EOPNOTSUPP : fat_truncate(inode, offset + size);
}

int fat_zero(struct inode *inode, uint64_t offset, uint64_t size)
{
	struct fat_inode *file = fat_inode(inode);
	int error = 0;

	if (offset < inode->size)
		error = write_zeros(file, offset, MIN(offset + size, inode->size));
	inode_touch(inode, INODE_MTIME | INODE_CTIME);
	settle(file);
	return error;
}
