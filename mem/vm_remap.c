/* SPDX-License-Identifier: BSD-2-Clause */
/* mremap: growing, shrinking and moving a region without copying. */
#include <errno.h>

#include <base/bits.h>
#include <mem/heap.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

/* Copy the region that has all of [address, address + size). 0, -EFAULT, -EINVAL. vm_mutex held. */
static int source_region(uintptr_t address, size_t size, struct vm_region *region)
{
	const struct vm_node *node = vm_node_at(address);

	if (!node || node->region.start > address || node->region.end - address < size)
		return -EFAULT;
	*region = node->region;
	return region->kind <= VM_SOURCE ? 0 : -EINVAL;
}

/* A few pages with interrupts off. Each keeps its rights: a private file's are not the region's. */
static void move_step(uintptr_t from, uintptr_t to, size_t size)
{
	struct irq_state state = spinlock_lock(&vm_lock);

	if (vm_pins_await)
		state = vm_pins_await(from, size, state);
	for (size_t at = 0; at < size; at += PAGE_SIZE) {
		unsigned attrs;
		uint64_t pa;

		if (!pagetable_query(from + at, &pa, &attrs))
			continue;
		pagetable_unmap(from + at, PAGE_SIZE, NULL, NULL);
		pagetable_map(to + at, pa, PAGE_SIZE, attrs, false); /* its table is there */
	}
	spinlock_unlock(&vm_lock, state);
}

static void move_pages(uintptr_t from, uintptr_t to, size_t size)
{
	size_t step;

	for (size_t at = 0; at < size; at += step) {
		step = pagetable_hole(from + at);
		if (step)
			continue;
		step = MIN(VM_STEP / 4, size - at); /* two walks for each page */
		move_step(from + at, to + at, step);
	}
	arch_tlb_flush(from, size);
}

/* So that moving cannot fail half way. */
static int prepare_tables(uintptr_t start, size_t size)
{
	int error = 0;

	for (uintptr_t at = start, next; !error && at < start + size; at = next) {
		struct irq_state state = spinlock_lock(&vm_lock);

		next = align_down(at + PAGE_SIZE * PT_ENTRIES, PAGE_SIZE * PT_ENTRIES);
		error = pagetable_prepare(at, PAGE_SIZE);
		spinlock_unlock(&vm_lock, state);
	}
	return error;
}

/* Everything that can fail. `*to` is 0 for anywhere. vm_mutex held. */
static int prepare(uintptr_t from, size_t old_size, uintptr_t *to, size_t new_size)
{
	bool fixed = *to;
	int error;

	if (vm_reserved + new_size - MIN(old_size, new_size) > vm_limit)
		return -ENOMEM;
	error = vm_split(from, from + old_size);
	if (!error && !fixed) {
		*to = vm_gap_find(new_size, PAGE_SIZE);
		error = *to ? 0 : -ENOMEM;
	}
	if (!error)
		error = prepare_tables(*to, MIN(old_size, new_size));
	if (!error && fixed)
		error = vm_unmap_locked(*to, *to + new_size, VM_UNMAP_NOW);
	return error;
}

static int move(const struct vm_region *region, uintptr_t from, size_t old_size, uintptr_t *to,
		size_t new_size)
{
	struct vm_node *node = vm_node_new(region);
	int error = node ? prepare(from, old_size, to, new_size) : -ENOMEM;

	if (error) {
		heap_free(node);
		vm_join(from);
		vm_join(from + old_size - 1);
		return error;
	}
	vm_place(node, *to, new_size, PAGE_SIZE, VM_FIXED_REPLACE);
	if (region->source)
		vm_source_hooks->get(&node->region);
	move_pages(from, *to, MIN(old_size, new_size));
	vm_unmap_locked(from, from + old_size, 0);
	vm_join(*to);
	return 0;
}

/* -EEXIST: there is no room behind it. */
static int grow(const struct vm_region *region, uintptr_t end, size_t more)
{
	struct vm_region tail = *region;
	struct vm_node *node;
	int error;

	if (end != region->end || vm_range_bad(end, more))
		return -EEXIST;
	if (vm_reserved + more > vm_limit)
		return -ENOMEM;
	tail.first_page += (end - region->start) >> PAGE_SHIFT;
	node = vm_node_new(&tail);
	if (!node)
		return -ENOMEM;
	error = vm_place(node, end, more, PAGE_SIZE, VM_FIXED);
	if (error)
		heap_free(node);
	else if (node->region.source)
		vm_source_hooks->get(&node->region);
	else
		vm_join(end);
	return error;
}

static int remap_locked(uintptr_t *address, size_t old_size, size_t new_size, bool may_move)
{
	struct vm_region region;
	uintptr_t from = *address, to = 0;
	int error = source_region(from, old_size, &region);

	if (error || new_size == old_size)
		return error;
	if (new_size < old_size)
		return vm_unmap_locked(from + new_size, from + old_size, 0);
	error = grow(&region, from + old_size, new_size - old_size);
	if (error != -EEXIST)
		return error;
	if (!may_move)
		return -ENOMEM;
	region.first_page += (from - region.start) >> PAGE_SHIFT;
	error = move(&region, from, old_size, &to, new_size);
	if (!error)
		*address = to;
	return error;
}

int vm_remap(uintptr_t *address, size_t old_size, size_t new_size, bool may_move)
{
	int error;

	if (vm_range_bad(*address, old_size))
		return -EFAULT;
	vm_begin(*address, *address + MAX(old_size, new_size));
	error = remap_locked(address, old_size, new_size, may_move);
	vm_end();
	if (!error && vm_flags_always && new_size > old_size)
		vm_populate(*address + old_size, new_size - old_size);
	return error;
}

int vm_move(uintptr_t address, size_t old_size, uintptr_t to, size_t new_size)
{
	struct vm_region region;
	int error;

	if (vm_range_bad(address, old_size))
		return -EFAULT;
	if (vm_range_bad(to, new_size) || (to < address + old_size && address < to + new_size))
		return -EINVAL;
	vm_begin(address, address + old_size);
	if (vm_dead_hooks_are())
		vm_dead_hooks->clear(to, to + new_size);
	error = source_region(address, old_size, &region);
	if (!error) {
		region.first_page += (address - region.start) >> PAGE_SHIFT;
		error = move(&region, address, old_size, &to, new_size);
	}
	vm_end();
	return error;
}
