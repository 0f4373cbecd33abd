/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling pages: on a fault or in advance. And questions about regions. */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <mem/frame.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

static unsigned wanted_attrs(unsigned access)
{
	/* FAULT_READ, FAULT_WRITE and FAULT_EXEC are the PAGE_ bits of the same meaning. */
	return access;
}

/* vm_lock held. */
static int fill(const struct vm_region *region, uintptr_t page, unsigned access)
{
	unsigned attrs;
	uint64_t frame;

	if ((region->attrs & wanted_attrs(access)) != wanted_attrs(access))
		return -EFAULT;
	if (pagetable_query(page, NULL, &attrs)) {
		/* Another CPU was faster, or this one kept an old translation. */
		if ((attrs & access) != access)
			return -EFAULT;
		arch_tlb_flush_local(page, PAGE_SIZE);
		return 0;
	}
	if (region->source)
		return vm_source_hooks->fill(region, page);
	frame = frame_alloc_zeroed();
	if (!frame)
		return -ENOMEM;
	if (pagetable_map(page, frame, PAGE_SIZE, region->attrs, false)) {
		frame_free(frame);
		return -ENOMEM;
	}
	if (region->attrs & PAGE_EXEC)
		arch_icache_sync((uintptr_t)linear_address(frame), PAGE_SIZE);
	vm_resident++;
	return 0;
}

static int fill_at(uintptr_t address, unsigned access, enum vm_kind kind)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *node = vm_node_at(address);
	int error = -EFAULT;

	if (node && node->region.start <= address && !node->dying &&
	    (node->region.kind <= VM_SOURCE || node->region.kind == kind))
		do
			error = fill(&node->region, align_down(address, PAGE_SIZE), access);
		while (error == -ENOMEM && vm_dead_hooks_are() && vm_dead_hooks->frames());
	spinlock_unlock(&vm_lock, state);
	return error;
}

/* What is not filled of a kernel stack is its guard. */
int vm_fault(uintptr_t address, unsigned access)
{
	return fill_at(address, access, VM_ANON);
}

static int populate(uintptr_t address, size_t size, enum vm_kind highest)
{
	for (uintptr_t page = address; page < address + size; page += PAGE_SIZE) {
		int error = fill_at(page, PAGE_READ, highest);

		if (error)
			return error;
	}
	return 0;
}

int vm_populate(uintptr_t address, size_t size)
{
	return populate(address, size, VM_ANON);
}

int vm_populate_stack(uintptr_t address, size_t size)
{
	return populate(address, size, VM_KERNEL_STACK);
}

bool vm_find(uintptr_t address, bool next, struct vm_region *region)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *node = vm_node_at(address);
	bool found;

	while (next && node && vm_is_dead(node))
		node = vm_node_next(node);
	found = node && !vm_is_dead(node) && (next || node->region.start <= address);
	if (found)
		*region = node->region;
	spinlock_unlock(&vm_lock, state);
	return found;
}

void vm_stats(struct vm_stats *stats)
{
	struct irq_state state = spinlock_lock(&vm_lock);

	stats->regions = vm_region_count;
	stats->reserved_bytes = vm_reserved;
	stats->resident_frames = vm_resident;
	spinlock_unlock(&vm_lock, state);
}
