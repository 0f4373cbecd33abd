/* SPDX-License-Identifier: BSD-2-Clause */
/* mremap: growing, shrinking and moving a region without copying. */
#include <errno.h>

#include <base/bits.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

/* The region [address, …) if it reaches as far as asked and may be moved. Copied out. */
static int source_region(uintptr_t address, size_t size, struct vm_region *region)
{
	if (!vm_find(address, false, region) || region->end - address < size)
		return -EFAULT;
	return region->kind == VM_ANON ? 0 : -EINVAL;
}

static void move_page(uintptr_t from, uintptr_t to, unsigned attrs)
{
	uint64_t pa;
	struct irq_state state = spinlock_lock(&vm_lock);

	if (pagetable_query(from, &pa, NULL)) {
		pagetable_unmap(from, PAGE_SIZE, NULL, NULL);
		/*
		 * The target's tables were made by populating its first page of each; a table that
		 * is missing still may fail for want of memory: then the page is put back, in a
		 * table that exists.
		 */
		if (pagetable_map(to, pa, PAGE_SIZE, attrs, false))
			pagetable_map(from, pa, PAGE_SIZE, attrs, false);
	}
	spinlock_unlock(&vm_lock, state);
}

/* Tables for the whole target, so that moving cannot fail half way. */
static int prepare_tables(uintptr_t start, uintptr_t end)
{
	const uintptr_t span = PAGE_SIZE * PT_ENTRIES;

	for (uintptr_t at = start; at < end; at = align_down(at + span, span)) {
		int error = vm_populate(at, PAGE_SIZE);

		if (error)
			return error;
	}
	return vm_discard(start, end - start);
}

int vm_remap(uintptr_t *address, size_t old_size, size_t new_size, bool may_move)
{
	struct vm_region region;
	uintptr_t from = *address, to = from + old_size;
	int error = source_region(from, old_size, &region);

	if (error)
		return error;
	if (new_size <= old_size)
		return new_size == old_size ? 0 : vm_unmap(from + new_size, old_size - new_size);
	if (!vm_map(&to, new_size - old_size, region.attrs, VM_ANON, VM_FIXED, region.name))
		return 0;
	if (!may_move)
		return -ENOMEM;
	to = 0;
	error = vm_map(&to, new_size, region.attrs | PAGE_READ, VM_ANON, 0, region.name);
	if (error)
		return error;
	error = prepare_tables(to, to + old_size);
	if (error) {
		vm_unmap(to, new_size);
		return error;
	}
	for (size_t offset = 0; offset < old_size; offset += PAGE_SIZE)
		move_page(from + offset, to + offset, region.attrs);
	arch_tlb_flush(from, old_size);
	if (!(region.attrs & PAGE_READ))
		vm_protect(to, new_size, region.attrs); /* it was needed for the tables only */
	vm_unmap(from, old_size);
	*address = to;
	return 0;
}
