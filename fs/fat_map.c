/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mapped files on FAT. A page fault must not wait for a disk, so what is mapped is read when
 * mmap() is called, into pages that belong to the inode. While they are there, they are what the
 * file holds: reads come from them, writes go to them as well; what was stored through a shared
 * mapping reaches the cache by msync, fsync, and the end of the mapping.
 */
#include "fat.h"

#include <errno.h>
#include <string.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <base/guard.h>
#include <fs/io.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

static struct fat_inode *of_source(struct vm_source *source)
{
	return CONTAINER_OF(source, struct fat_inode, source);
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_MASK) >> PAGE_SHIFT;
}

static int page_of(struct vm_source *source, uint64_t number, uint64_t *frame)
{
	struct fat_inode *file = of_source(source);
	const uint8_t *page = pages_find(&file->pages, number);

	/* Made when it was mapped, or when the file grew. */
	if (!page || number >= pages_of(READ_ONCE(file->inode.size)))
		return -ENXIO;
	*frame = linear_physical(page);
	return 0;
}

static int copy_page(struct vm_source *source, uint64_t number, void *to)
{
	struct fat_inode *file = of_source(source);
	const uint8_t *page = pages_find(&file->pages, number);

	if (!page || number >= pages_of(READ_ONCE(file->inode.size)))
		return -ENXIO;
	memcpy(to, page, PAGE_SIZE);
	return 0;
}

static bool owns(struct vm_source *source, uint64_t number, uint64_t frame)
{
	return pages_find(&of_source(source)->pages, number) == linear_address(frame);
}

static void get(struct vm_source *source)
{
	inode_get(&of_source(source)->inode);
}

/* The last mapping is gone: so are the pages. */
static void put(struct vm_source *source)
{
	struct fat_inode *file = of_source(source);

	mutex_lock(&file->inode.lock);
	if (!__atomic_load_n(&source->regions, __ATOMIC_ACQUIRE) && file->pages.count) {
		fat_pages_write(file);
		pages_cut(&file->pages, 0);
	}
	if (!__atomic_load_n(&source->regions, __ATOMIC_ACQUIRE))
		file->mapped = 0;
	mutex_unlock(&file->inode.lock);
	inode_put(&file->inode);
}

static int written(struct vm_source *source)
{
	struct fat_inode *file = of_source(source);

	GUARD(mutex, &file->inode.lock);
	return fat_pages_write(file);
}

static const struct vm_source_ops fat_source_ops = {
	.page = page_of,
	.copy = copy_page,
	.owns = owns,
	.get = get,
	.put = put,
	.written = written,
};

struct vm_source *fat_source(struct inode *inode)
{
	struct vm_source *source = &fat_inode(inode)->source;

	source->ops = &fat_source_ops;
	return source;
}

/* Move bytes of a page between memory and the cache. */
static int transfer(struct fat_inode *file, uint64_t offset, uint8_t *memory, size_t size, bool out)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	int error = 0;

	while (size && !error) {
		uint64_t place, bytes;

		mutex_lock(&volume->lock);
		error = fat_map(file, offset, &place, &bytes);
		mutex_unlock(&volume->lock);
		if (error)
			break;
		bytes = MIN(bytes, size);
		error = out ? block_cache_write(volume->cache, BLOCK_DATA, place, memory, bytes)
			    : block_cache_read(volume->cache, place, memory, bytes);
		offset += bytes;
		memory += bytes;
		size -= bytes;
	}
	return error;
}

/* How much of a page is in the file. */
static size_t bytes_in(const struct fat_inode *file, uint64_t number)
{
	uint64_t at = number << PAGE_SHIFT, size = file->inode.size;

	return at < size ? MIN(PAGE_SIZE, size - at) : 0;
}

static int read_page(struct fat_inode *file, uint64_t number)
{
	uint64_t frame;
	uint8_t *page;
	int error;

	if (pages_find(&file->pages, number))
		return 0;
	frame = frame_alloc_zeroed();
	if (!frame)
		return -ENOMEM;
	page = linear_address(frame);
	error = transfer(file, number << PAGE_SHIFT, page, bytes_in(file, number), false);
	if (!error && !pages_add(&file->pages, number, page))
		error = -ENOMEM;
	if (error)
		frame_free(frame);
	return error;
}

int fat_prepare(struct inode *inode, uint64_t first_page, size_t size)
{
	struct fat_inode *file = fat_inode(inode);
	uint64_t end = MIN(first_page + pages_of(size), pages_of(inode->size));
	int error = 0;

	file->mapped = MAX(file->mapped, first_page + pages_of(size));
	for (uint64_t number = first_page; number < end && !error; number++)
		error = read_page(file, number);
	return error;
}

int fat_pages_read(struct fat_inode *file, struct io *io, uint64_t *offset)
{
	const uint8_t *page = pages_find(&file->pages, *offset >> PAGE_SHIFT);
	size_t within = *offset & PAGE_MASK;

	if (page)
		*offset += io_out(io, page + within,
				  MIN(PAGE_SIZE - within, file->inode.size - *offset));
	return 0;
}

void fat_pages_update(struct fat_inode *file, uint64_t offset, uint64_t end)
{
	while (READ_ONCE(file->pages.count) && offset < end) {
		uint64_t number = offset >> PAGE_SHIFT;
		size_t within = offset & PAGE_MASK, n = MIN(PAGE_SIZE - within, end - offset);
		uint8_t *page = pages_find(&file->pages, number);

		/* It was just written, so it is in the cache. */
		if (page)
			transfer(file, offset, page + within, n, false);
		offset += n;
	}
}

void fat_pages_truncated(struct fat_inode *file)
{
	uint64_t size = file->inode.size, first = pages_of(size);
	uint8_t *last;

	if (!READ_ONCE(file->source.regions) && !READ_ONCE(file->pages.count))
		return;
	vm_source_cut(&file->source, first);
	pages_cut(&file->pages, first);
	last = size & PAGE_MASK ? pages_find(&file->pages, size >> PAGE_SHIFT) : NULL;
	if (last)
		memset(last + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
}

/* Where there is no memory the mapping still ends where it did: SIGBUS. */
void fat_pages_grown(struct fat_inode *file, uint64_t size)
{
	uint64_t end = MIN(file->mapped, pages_of(file->inode.size));

	for (uint64_t number = pages_of(size); number < end; number++)
		if (read_page(file, number))
			break;
}

/* Pages that differ from the cache were stored to. */
static int write_page(struct fat_inode *file, uint64_t number, uint8_t *page, uint8_t *old)
{
	size_t size = bytes_in(file, number);
	uint64_t at = number << PAGE_SHIFT;
	int error = transfer(file, at, old, size, false);

	if (size < PAGE_SIZE)
		memset(page + size, 0, PAGE_SIZE - size);
	if (error || !memcmp(page, old, size))
		return error;
	inode_touch(&file->inode, INODE_MTIME | INODE_CTIME);
	return transfer(file, at, page, size, true);
}

int fat_pages_write(struct fat_inode *file)
{
	struct fat_volume *volume = fat_volume(&file->inode);
	uint64_t number = 0;
	int error = 0, result;
	uint8_t *old;

	if (!READ_ONCE(file->pages.count) || volume->read_only)
		return 0;
	old = heap_alloc(PAGE_SIZE);
	if (!old)
		return -ENOMEM;
	for (; (number = pages_next(&file->pages, number)) != PAGES_NUMBER_MAX; number++) {
		uint8_t *page = pages_find(&file->pages, number);

		result = write_page(file, number, page, old);
		error = error ? error : result;
	}
	heap_free(old);
	mutex_lock(&volume->lock);
	if (!fat_begin(volume))
		fat_inode_dirty(file);
	mutex_unlock(&volume->lock);
	return error;
}
