/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/mm.h> */
#include <stdlib.h>
#include <sys/mman.h>

#include <unishyper/mm.h>

#include "threads.h"

struct region {
	struct region *next;
	void *address;
	size_t size;
};

static struct region *shared; /* guarded by the list lock, as each thread's own are */

/* The list of the calling thread, which the lock holder may change. */
static struct region **own_list(void)
{
	__uk_blocks_init();
	return (struct region **)&__uk_block_self()->owned;
}

static int allocate(size_t size, void **address, bool private)
{
	struct region *region;
	struct region **list;
	void *map;

	if (!size || !address)
		return -EINVAL;
	if (size > SIZE_MAX - PAGE_SIZE)
		return -ENOMEM;
	size = (size + PAGE_SIZE - 1) & -PAGE_SIZE;
	region = malloc(sizeof(*region));
	if (!region)
		return -ENOMEM;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (map == MAP_FAILED) {
		free(region);
		return -ENOMEM;
	}
	__tl_lock();
	list = private ? own_list() : &shared;
	*region = (struct region){*list, map, size};
	*list = region;
	__tl_unlock();
	*address = map;
	return 0;
}

int mm_allocate(size_t size, void **address)
{
	return allocate(size, address, false);
}

int mm_allocate_private(size_t size, void **address)
{
	return allocate(size, address, true);
}

static struct region *take(struct region **link, const void *address)
{
	struct region *region;

	while (*link && (*link)->address != address)
		link = &(*link)->next;
	region = *link;
	if (region)
		*link = region->next;
	return region;
}

static void give_back(struct region *region)
{
	munmap(region->address, region->size);
	free(region);
}

int mm_deallocate(void *address)
{
	struct region *region;

	__tl_lock();
	region = take(own_list(), address);
	if (!region)
		region = take(&shared, address);
	__tl_unlock();
	if (!region)
		return -EINVAL;
	give_back(region);
	return 0;
}

/* From the end of the calling thread (pthread_create.c), which alone has this list. */
hidden void __thread_regions_release(void)
{
	struct region **list = (struct region **)&__uk_block_self()->owned;

	while (*list) {
		struct region *region = *list;

		*list = region->next;
		give_back(region);
	}
}
