/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions whose pages are a file's (mem/vm_source.h). Linked with programs that map files. */
#include <mem/vm_source.h>

#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

static uint64_t number_at(const struct vm_region *region, uintptr_t page)
{
	return region->first_page + ((page - region->start) >> PAGE_SHIFT);
}

/* Are the pages of the region that are mapped copies? Those of a private one may be either. */
static bool has_copies(const struct vm_region *region)
{
	return !region->shared && region->attrs & PAGE_WRITE;
}

static int source_fill(const struct vm_region *region, uintptr_t page)
{
	struct vm_source *source = region->source;
	uint64_t number = number_at(region, page), frame;
	bool copies = has_copies(region);
	int error;

	if (copies) {
		frame = frame_alloc(); /* with interrupts off: nothing is written twice */
		if (!frame)
			return -ENOMEM;
		error = source->ops->copy(source, number, linear_address(frame));
	} else {
		error = source->ops->page(source, number, &frame);
	}
	if (!error && pagetable_map(page, frame, PAGE_SIZE, region->attrs, false))
		error = -ENOMEM;
	if (error) {
		if (copies)
			frame_free(frame);
		return error;
	}
	if (region->attrs & PAGE_EXEC)
		arch_icache_sync((uintptr_t)linear_address(frame), PAGE_SIZE);
	vm_resident += copies;
	return 0;
}

static bool owned(const struct vm_region *region, uintptr_t page, uint64_t frame)
{
	struct vm_source *source = region->source;

	return region->shared || source->ops->owns(source, number_at(region, page), frame);
}

static bool source_unmap(const struct vm_region *region, uintptr_t at, size_t size,
			 struct vm_freed *freed)
{
	bool any = false;
	uint64_t frame;

	for (uintptr_t page = at; page < at + size; page += PAGE_SIZE) {
		if (!pagetable_query(page, &frame, NULL))
			continue;
		any = true;
		if (!owned(region, page, frame))
			freed->frames[freed->count++] = frame;
		pagetable_unmap(page, PAGE_SIZE, NULL, NULL);
	}
	return any;
}

static bool drop_step(const struct vm_region *region, uintptr_t at, size_t size)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	bool any = false;
	uint64_t frame;

	for (uintptr_t page = at; page < at + size; page += PAGE_SIZE) {
		if (pagetable_query(page, &frame, NULL) && owned(region, page, frame)) {
			pagetable_unmap(page, PAGE_SIZE, NULL, NULL);
			any = true;
		}
	}
	spinlock_unlock(&vm_lock, state);
	return any;
}

/* The source's own frames must not become writable in a private region: they are copied instead. */
static void source_protect(const struct vm_region *region)
{
	size_t size;

	if (!has_copies(region))
		return;
	for (uintptr_t at = region->start; at < region->end; at += size) {
		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(VM_STEP, region->end - at);
		if (drop_step(region, at, size))
			arch_tlb_flush(at, size);
	}
}

static void source_get(const struct vm_region *region)
{
	__atomic_fetch_add(&region->source->regions, 1, __ATOMIC_RELAXED);
	region->source->ops->get(region->source);
}

/* Regions that went; linked by node.child[0], guarded by vm_mutex. */
static struct vm_node *buried;

static void source_bury(struct vm_node *node)
{
	node->node.child[0] = (struct avl_node *)buried;
	WRITE_ONCE(buried, node);
}

static void put(const struct vm_region *region)
{
	struct vm_source *source = region->source;

	if (region->shared && region->may_write)
		source->ops->written(source);
	__atomic_fetch_sub(&source->regions, 1, __ATOMIC_RELEASE);
	source->ops->put(source);
}

static void source_end(void)
{
	struct vm_node *node, *list;

	if (!READ_ONCE(buried))
		return;
	mutex_lock(&vm_mutex);
	list = buried;
	buried = NULL;
	mutex_unlock(&vm_mutex);
	while ((node = list)) {
		list = (struct vm_node *)node->node.child[0];
		put(&node->region);
		heap_free(node);
	}
}

static const struct vm_source_hooks hooks = {
	.fill = source_fill,
	.unmap = source_unmap,
	.protect = source_protect,
	.get = source_get,
	.bury = source_bury,
	.end = source_end,
};

int vm_source_map(uintptr_t *address, size_t size, const struct vm_region *region, unsigned flags)
{
	struct vm_region whole = *region;
	int error;

	__atomic_store_n(&vm_source_hooks, &hooks, __ATOMIC_RELEASE);
	whole.kind = VM_SOURCE;
	whole.name = "file";
	error = vm_map_region(address, size, &whole, flags & ~VM_EAGER);
	/* What lies behind the end of the file cannot be filled, and need not. */
	if (!error && (flags | vm_flags_always) & VM_EAGER)
		vm_populate(*address, size);
	return error;
}

void vm_source_cut(struct vm_source *source, uint64_t first)
{
	mutex_lock(&vm_mutex);
	for (struct vm_node *node = vm_node_at(0); node; node = vm_node_next(node)) {
		const struct vm_region *region = &node->region;
		size_t pages = (region->end - region->start) >> PAGE_SHIFT;
		uint64_t skip = first > region->first_page ? first - region->first_page : 0;

		if (region->source == source && skip < pages)
			vm_empty(region, region->start + (skip << PAGE_SHIFT), region->end);
	}
	mutex_unlock(&vm_mutex);
}

/* The source of the first shared region that may be written, with a reference; or NULL. */
static struct vm_source *next_shared(uintptr_t *start, uintptr_t end)
{
	struct vm_source *source = NULL;
	struct vm_node *node;

	mutex_lock(&vm_mutex);
	for (node = vm_node_at(*start); !source && node->region.start < end;
	     node = vm_node_next(node)) {
		if (node->region.shared && node->region.may_write) {
			source = node->region.source;
			source->ops->get(source);
		}
		*start = node->region.end;
	}
	mutex_unlock(&vm_mutex);
	return source;
}

int vm_source_sync(uintptr_t start, uintptr_t end)
{
	struct vm_source *source;
	int error = 0, result;

	while (start < end && (source = next_shared(&start, end))) {
		result = source->ops->written(source);
		source->ops->put(source);
		error = error ? error : result;
	}
	return error;
}
