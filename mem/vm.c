/* SPDX-License-Identifier: BSD-2-Clause */
/* Reserving and giving back regions. */
#include <errno.h>

#include <base/bits.h>
#include <kernel/panic.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

unsigned vm_flags_always;
size_t vm_limit = SIZE_MAX;
const struct vm_source_hooks *vm_source_hooks;
const struct vm_dead_hooks *vm_dead_hooks;
struct irq_state (*vm_pins_await)(uintptr_t start, size_t size, struct irq_state state);

struct vm_node *vm_node_new(const struct vm_region *region)
{
	struct vm_node *node = heap_alloc_zeroed(sizeof(*node));

	if (node)
		node->region = *region;
	return node;
}

void vm_init(void)
{
	static const struct vm_region image = {.start = ARCH_IMAGE_BASE,
					       .end = (uintptr_t)__image_end,
					       .attrs = PAGE_READ,
					       .kind = VM_IMAGE,
					       .name = "image"};
	static const struct vm_region mark = {.start = ARCH_APP_END,
					      .end = ARCH_APP_END + PAGE_SIZE,
					      .kind = VM_IMAGE,
					      .name = "end"};
	struct vm_node *first = vm_node_new(&image), *end = vm_node_new(&mark);

	if (!first || !end)
		panic("no memory for the first regions");
	vm_node_insert(first);
	vm_node_insert(end);
}

bool vm_range_bad(uintptr_t address, size_t size)
{
	return !size || (address | size) & PAGE_MASK || address < PAGE_SIZE ||
	       address > ARCH_APP_END || size > ARCH_APP_END - address;
}

void vm_end(void)
{
	mutex_unlock(&vm_mutex);
	if (vm_source_hooks)
		vm_source_hooks->end();
}

static void collect(uint64_t pa, size_t size, void *arg)
{
	struct vm_freed *freed = arg;

	(void)size;
	freed->frames[freed->count++] = pa;
}

void vm_empty(const struct vm_region *region, uintptr_t start, uintptr_t end)
{
	size_t size;

	for (uintptr_t at = start; at < end; at += size) {
		struct vm_freed freed;
		struct irq_state state;
		bool any = false;

		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(VM_STEP, end - at);
		freed.count = 0;
		state = spinlock_lock(&vm_lock);
		if (vm_pins_await)
			state = vm_pins_await(at, size, state);
		if (region->source)
			any = vm_source_hooks->unmap(region, at, size, &freed);
		else
			pagetable_unmap(at, size, collect, &freed);
		vm_resident -= freed.count;
		spinlock_unlock(&vm_lock, state);
		if (any || freed.count)
			arch_tlb_flush(at, size);
		while (freed.count)
			frame_free(freed.frames[--freed.count]);
	}
}

/* Kernel stacks are given back by kstack.c alone, the image never. vm_mutex held. */
static bool may_unmap(uintptr_t start, uintptr_t end, unsigned flags)
{
	for (struct vm_node *node = vm_node_at(start); node->region.start < end;
	     node = vm_node_next(node))
		if (node->region.kind == VM_IMAGE ||
		    (node->region.kind == VM_KERNEL_STACK) != (flags & VM_UNMAP_STACK))
			return false;
	return true;
}

/* Faults do not fill it any more. vm_mutex held. */
static void mark_dying(struct vm_node *node)
{
	struct irq_state state = spinlock_lock(&vm_lock);

	node->dying = true;
	spinlock_unlock(&vm_lock, state);
}

int vm_unmap_locked(uintptr_t start, uintptr_t end, unsigned flags)
{
	struct irq_state state;
	struct vm_node *node;
	int error = may_unmap(start, end, flags) ? vm_split(start, end) : -EINVAL;

	/* Dead ones may go meanwhile, also the one behind the range. */
	while (!error && (node = vm_node_at(start))->region.start < end) {
		start = node->region.end;
		mark_dying(node);
		if (vm_dead_hooks_are() && vm_dead_hooks->unmap(node, flags & VM_UNMAP_NOW))
			continue;
		vm_empty(&node->region, node->region.start, node->region.end);
		state = spinlock_lock(&vm_lock);
		vm_node_remove(node);
		spinlock_unlock(&vm_lock, state);
		if (node->region.source)
			vm_source_hooks->bury(node);
		else
			heap_free(node);
	}
	return error;
}

static int unmap(uintptr_t address, size_t size, unsigned flags)
{
	int error;

	if (vm_range_bad(address, size))
		return -EINVAL;
	vm_begin(address, address + size);
	error = vm_unmap_locked(address, address + size, flags);
	vm_end();
	return error;
}

int vm_unmap(uintptr_t address, size_t size)
{
	return unmap(address, size, 0);
}

void vm_settle(void)
{
	if (!vm_dead_hooks_are())
		return;
	mutex_lock(&vm_mutex);
	vm_dead_hooks->settle();
	vm_end();
}

void vm_unmap_stack(uintptr_t start, size_t slot)
{
	unmap(start, slot, VM_UNMAP_STACK);
}

int vm_place(struct vm_node *node, uintptr_t hint, size_t size, size_t align, unsigned flags)
{
	uintptr_t start = 0;
	struct irq_state state;

	if (!vm_range_bad(hint, size) && vm_node_at(hint)->region.start >= hint + size)
		start = hint;
	else if (!(flags & (VM_FIXED | VM_FIXED_REPLACE)))
		start = vm_gap_find(size, align);
	if (!start)
		return flags & VM_FIXED ? -EEXIST : -ENOMEM;
	node->region.start = start;
	node->region.end = start + size;
	state = spinlock_lock(&vm_lock);
	vm_node_insert(node);
	spinlock_unlock(&vm_lock, state);
	return 0;
}

/* vm_mutex held. */
static int place(struct vm_node *node, uintptr_t hint, size_t size, size_t align, unsigned flags)
{
	int error = 0;

	if (vm_reserved + size > vm_limit)
		return -ENOMEM;
	if (flags & VM_FIXED_REPLACE)
		error = vm_unmap_locked(hint, hint + size, VM_UNMAP_NOW);
	return error ? error : vm_place(node, hint, size, align, flags);
}

static int map_aligned(uintptr_t *address, size_t size, size_t align,
		       const struct vm_region *region, unsigned flags)
{
	const unsigned both = PAGE_WRITE | PAGE_EXEC;
	struct vm_node *node;
	int error;

	if (!size || size & PAGE_MASK || *address & PAGE_MASK)
		return -EINVAL;
	if ((region->attrs & both) == both)
		return -EACCES;
	if (size > ARCH_APP_END ||
	    (flags & (VM_FIXED | VM_FIXED_REPLACE) && vm_range_bad(*address, size)))
		return -ENOMEM;
	node = vm_node_new(region);
	if (!node)
		return -ENOMEM;
	vm_begin(*address, *address ? *address + size : 0);
	error = place(node, *address, size, align, flags);
	if (error == -ENOMEM && vm_dead_hooks_are() && vm_dead_hooks->settle())
		error = place(node, *address, size, align, flags);
	if (!error) {
		*address = node->region.start;
		if (node->region.source)
			vm_source_hooks->get(&node->region);
		if (!(flags & VM_EAGER))
			vm_join(*address);
	} else {
		heap_free(node);
	}
	vm_end();
	return error;
}

int vm_map_region(uintptr_t *address, size_t size, const struct vm_region *region, unsigned flags)
{
	int error;

	if (region->attrs & PAGE_READ && !region->source)
		flags |= vm_flags_always;
	error = map_aligned(address, size, PAGE_SIZE, region, flags);
	/*
	 * Not joined yet, so that it goes without a need for memory if it cannot be filled. What
	 * was in its place is gone for good: then the rest is filled when it is touched.
	 */
	if (!error && flags & VM_EAGER && region->attrs & PAGE_READ &&
	    (error = vm_populate(*address, size))) {
		if (flags & VM_FIXED_REPLACE)
			return 0;
		vm_unmap(*address, size);
	}
	return error;
}

int vm_map(uintptr_t *address, size_t size, unsigned attrs, enum vm_kind kind, unsigned flags,
	   const char *name)
{
	const struct vm_region region = {.attrs = attrs, .kind = kind, .name = name};

	return vm_map_region(address, size, &region, flags);
}

int vm_map_stack(uintptr_t *bottom, size_t slot, size_t size)
{
	const struct vm_region region = {
		.attrs = PAGE_READ | PAGE_WRITE, .kind = VM_KERNEL_STACK, .name = "kernel stack"};
	uintptr_t start = 0;
	int error = map_aligned(&start, slot, slot, &region, 0);

	if (error)
		return error;
	*bottom = start + slot - size;
	error = vm_populate_stack(*bottom, size);
	if (error)
		vm_unmap_stack(start, slot);
	return error;
}
