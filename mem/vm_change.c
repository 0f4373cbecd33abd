/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing regions: rights, and contents that are forgotten. */
#include <errno.h>

#include <base/bits.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

/*
 * Instructions are made visible by the linear map: the pages that are not filled yet cannot be
 * touched.
 */
static void sync_instructions(uintptr_t start, size_t size)
{
	uint64_t pa;

	for (uintptr_t page = start; page < start + size; page += PAGE_SIZE)
		if (pagetable_query(page, &pa, NULL))
			arch_icache_sync((uintptr_t)linear_address(pa), PAGE_SIZE);
}

static void protect_filled(uintptr_t start, uintptr_t end, unsigned attrs)
{
	bool reduced = false;
	size_t size;

	for (uintptr_t at = start; at < end; at += size) {
		struct irq_state state;
		size_t changed;

		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(VM_STEP, end - at);
		state = spinlock_lock(&vm_lock);
		changed = pagetable_protect(at, size, attrs, &reduced);
		spinlock_unlock(&vm_lock, state);
		if (changed && attrs & PAGE_EXEC)
			sync_instructions(at, size);
	}
	/* Who remembers fewer rights than there are now faults once, and looks again. */
	if (reduced)
		arch_tlb_flush(start, end - start);
}

/* Is every page of the range in a region that may be changed, and so? 0 or what mprotect says. */
static int check_range(uintptr_t start, uintptr_t end, unsigned attrs)
{
	for (struct vm_node *node = vm_node_at(start); start < end; node = vm_node_next(node)) {
		const struct vm_region *region = &node->region;

		if (region->start > start || region->kind == VM_KERNEL_STACK)
			return -ENOMEM;
		if (region->kind == VM_IMAGE)
			return -EACCES;
		if (attrs & PAGE_WRITE && region->shared && !region->may_write)
			return -EACCES;
		start = region->end;
	}
	return 0;
}

/* vm_mutex held; the range has borders of regions at its ends. */
static void protect_regions(uintptr_t start, uintptr_t end, unsigned attrs)
{
	struct vm_node *node = vm_node_at(start);

	for (; node->region.start < end; node = vm_node_next(node)) {
		struct irq_state state = spinlock_lock(&vm_lock);

		node->region.attrs = attrs;
		spinlock_unlock(&vm_lock, state);
		if (node->region.source)
			vm_source_hooks->protect(&node->region);
	}
}

int vm_protect(uintptr_t address, size_t size, unsigned attrs)
{
	uintptr_t end = address + size;
	int error;

	if (!size)
		return 0;
	if (vm_range_bad(address, size))
		return address & PAGE_MASK ? -EINVAL : -ENOMEM;
	if ((attrs & (PAGE_WRITE | PAGE_EXEC)) == (PAGE_WRITE | PAGE_EXEC))
		return -EACCES;
	vm_begin(address, end);
	error = check_range(address, end, attrs);
	if (!error)
		error = vm_split(address, end);
	if (!error) {
		protect_regions(address, end, attrs);
		protect_filled(address, end, attrs);
		vm_join(address);
		vm_join(end - 1);
	}
	mutex_unlock(&vm_mutex);
	if (!error && vm_flags_always && attrs & PAGE_READ)
		vm_populate(address, size); /* as much as there is */
	return error;
}

int vm_discard(uintptr_t address, size_t size)
{
	uintptr_t end = address + size;
	int error;

	if (vm_range_bad(address, size))
		return -EINVAL;
	vm_begin(address, end);
	error = check_range(address, end, 0) ? -ENOMEM : 0;
	for (struct vm_node *node = vm_node_at(address); !error && node->region.start < end;
	     node = vm_node_next(node))
		vm_empty(&node->region, MAX(address, node->region.start),
			 MIN(end, node->region.end));
	mutex_unlock(&vm_mutex);
	return error;
}
