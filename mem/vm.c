/* SPDX-License-Identifier: BSD-2-Clause */
/* Reserving, giving back and changing regions. */
#include <errno.h>

#include <base/bits.h>
#include <kernel/panic.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

#define CHUNK (32 * PAGE_SIZE) /* how much is done with interrupts off at a time */

static struct vm_node *node_new(uintptr_t start, uintptr_t end, unsigned attrs, enum vm_kind kind,
				const char *name)
{
	struct vm_node *node = heap_alloc_zeroed(sizeof(*node));

	if (node)
		node->region = (struct vm_region){start, end, attrs, kind, name};
	return node;
}

void vm_init(void)
{
	struct vm_node *image = node_new(ARCH_IMAGE_BASE, (uintptr_t)__image_end, PAGE_READ,
					 VM_IMAGE, "image");
	struct vm_node *end = node_new(ARCH_APP_END, ARCH_APP_END + PAGE_SIZE, 0, VM_IMAGE, "end");

	if (!image || !end)
		panic("no memory for the first regions");
	vm_node_insert(image);
	vm_node_insert(end);
}

static bool range_bad(uintptr_t address, size_t size)
{
	return !size || (address | size) & PAGE_MASK || address < PAGE_SIZE ||
	       address > ARCH_APP_END || size > ARCH_APP_END - address;
}

/* Frames that were unmapped wait for the TLB: other CPUs may still write to them. */
struct freed {
	size_t count;
	uint64_t frames[CHUNK / PAGE_SIZE];
};

static void collect(uint64_t pa, size_t size, void *arg)
{
	struct freed *freed = arg;

	(void)size;
	freed->frames[freed->count++] = pa;
}

/*
 * Unmap what is filled in [start, end), chunk by chunk. vm_mutex held; the range is dying or stays
 * mapped.
 */
static void empty_range(uintptr_t start, uintptr_t end)
{
	size_t size;

	for (uintptr_t at = start; at < end; at += size) {
		struct freed freed;
		struct irq_state state;

		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(CHUNK, end - at);
		freed.count = 0;
		state = spinlock_lock(&vm_lock);
		pagetable_unmap(at, size, collect, &freed);
		vm_resident -= freed.count;
		spinlock_unlock(&vm_lock, state);
		if (!freed.count)
			continue;
		arch_tlb_flush(at, size);
		while (freed.count)
			frame_free(freed.frames[--freed.count]);
	}
}

/* Calls fn for each region in [start, end), whose borders exist. vm_mutex held. */
static void for_each_in(uintptr_t start, uintptr_t end, void (*fn)(struct vm_node *, unsigned),
			unsigned arg)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *node = vm_node_at(start);

	while (node && node->region.start < end) {
		struct vm_node *next = vm_node_next(node);

		fn(node, arg);
		node = next;
	}
	spinlock_unlock(&vm_lock, state);
}

static void mark_dying(struct vm_node *node, unsigned arg)
{
	(void)arg;
	node->dying = true;
}

static bool holds_image(uintptr_t start, uintptr_t end)
{
	return start < (uintptr_t)__image_end && end > ARCH_IMAGE_BASE;
}

/* Kernel stacks are given back by kstack.c alone. vm_mutex held. */
static bool holds_stack(uintptr_t start, uintptr_t end)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *node = vm_node_at(start);

	while (node && node->region.start < end && node->region.kind != VM_KERNEL_STACK)
		node = vm_node_next(node);
	spinlock_unlock(&vm_lock, state);
	return node && node->region.start < end;
}

static int unmap_locked(uintptr_t start, uintptr_t end, bool stack)
{
	int error;

	if (holds_image(start, end) || holds_stack(start, end) != stack)
		return -EINVAL;
	error = vm_split(start, end);
	if (error)
		return error;
	for_each_in(start, end, mark_dying, 0);
	empty_range(start, end);
	for (;;) {
		struct irq_state state = spinlock_lock(&vm_lock);
		struct vm_node *node = vm_node_at(start);
		bool found = node && node->region.start < end;

		if (found)
			vm_node_remove(node);
		spinlock_unlock(&vm_lock, state);
		if (!found)
			return 0;
		heap_free(node);
	}
}

static int unmap(uintptr_t address, size_t size, bool stack)
{
	int error;

	if (range_bad(address, size))
		return -EINVAL;
	mutex_lock(&vm_mutex);
	error = unmap_locked(address, address + size, stack);
	mutex_unlock(&vm_mutex);
	return error;
}

int vm_unmap(uintptr_t address, size_t size)
{
	return unmap(address, size, false);
}

void vm_unmap_stack(uintptr_t start, size_t slot)
{
	unmap(start, slot, true);
}

/* Choose where the region goes and enter it. vm_mutex held. */
static int place(struct vm_node *node, uintptr_t hint, size_t size, size_t align, unsigned flags)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *at = hint ? vm_node_at(hint) : NULL;
	bool hint_free = at && at->region.start - hint >= size && at->region.start >= hint;
	uintptr_t start = hint_free && !range_bad(hint, size) ? hint : 0;
	int error = 0;

	if (!start && !(flags & (VM_FIXED | VM_FIXED_REPLACE)))
		start = vm_gap_find(size, align);
	if (start) {
		node->region.start = start;
		node->region.end = start + size;
		vm_node_insert(node);
	} else {
		error = flags & VM_FIXED ? -EEXIST : -ENOMEM;
	}
	spinlock_unlock(&vm_lock, state);
	return error;
}

static int map_aligned(uintptr_t *address, size_t size, size_t align, unsigned attrs,
		       enum vm_kind kind, unsigned flags, const char *name)
{
	struct vm_node *node;
	int error = 0;

	if (!size || size & PAGE_MASK || *address & PAGE_MASK || size > ARCH_APP_END)
		return -EINVAL;
	if ((attrs & (PAGE_WRITE | PAGE_EXEC)) == (PAGE_WRITE | PAGE_EXEC))
		return -EACCES;
	if (flags & (VM_FIXED | VM_FIXED_REPLACE) && range_bad(*address, size))
		return -EINVAL;
	node = node_new(0, 0, attrs, kind, name);
	if (!node)
		return -ENOMEM;
	mutex_lock(&vm_mutex);
	if (flags & VM_FIXED_REPLACE)
		error = unmap_locked(*address, *address + size, false);
	if (!error)
		error = place(node, *address, size, align, flags);
	if (!error) {
		*address = node->region.start;
		if (kind == VM_ANON && !(flags & VM_EAGER))
			vm_join(*address);
	} else {
		heap_free(node);
	}
	mutex_unlock(&vm_mutex);
	return error;
}

int vm_map(uintptr_t *address, size_t size, unsigned attrs, enum vm_kind kind, unsigned flags,
	   const char *name)
{
	int error = map_aligned(address, size, PAGE_SIZE, attrs, kind, flags, name);

	/* Not joined yet, so that it goes without a need for memory if it cannot be filled. */
	if (!error && flags & VM_EAGER && (error = vm_populate(*address, size)))
		vm_unmap(*address, size);
	return error;
}

int vm_map_stack(uintptr_t *bottom, size_t slot, size_t size)
{
	uintptr_t start = 0;
	int error = map_aligned(&start, slot, slot, PAGE_READ | PAGE_WRITE, VM_KERNEL_STACK, 0,
				"kernel stack");

	if (error)
		return error;
	*bottom = start + slot - size;
	error = vm_populate_stack(*bottom, size);
	if (error)
		vm_unmap_stack(start, slot);
	return error;
}

static void set_attrs(struct vm_node *node, unsigned attrs)
{
	node->region.attrs = attrs;
}

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
	size_t size;

	for (uintptr_t at = start; at < end; at += size) {
		struct irq_state state;
		bool changed;

		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(CHUNK, end - at);
		state = spinlock_lock(&vm_lock);
		changed = pagetable_protect(at, size, attrs);
		spinlock_unlock(&vm_lock, state);
		if (!changed)
			continue;
		arch_tlb_flush(at, size);
		if (attrs & PAGE_EXEC)
			sync_instructions(at, size);
	}
}

/* Is every page of the range in a region that may be changed. */
static bool covered(uintptr_t start, uintptr_t end)
{
	struct irq_state state = spinlock_lock(&vm_lock);

	while (start < end) {
		struct vm_node *node = vm_node_at(start);

		if (!node || node->region.start > start || node->dying ||
		    node->region.kind == VM_KERNEL_STACK)
			break;
		start = node->region.end;
	}
	spinlock_unlock(&vm_lock, state);
	return start >= end;
}

int vm_protect(uintptr_t address, size_t size, unsigned attrs)
{
	uintptr_t end = address + size;
	int error;

	if (!size)
		return 0;
	if (range_bad(address, size))
		return address & PAGE_MASK ? -EINVAL : -ENOMEM;
	if (holds_image(address, end) ||
	    (attrs & (PAGE_WRITE | PAGE_EXEC)) == (PAGE_WRITE | PAGE_EXEC))
		return -EACCES;
	mutex_lock(&vm_mutex);
	error = covered(address, end) ? vm_split(address, end) : -ENOMEM;
	if (!error) {
		for_each_in(address, end, set_attrs, attrs);
		protect_filled(address, end, attrs);
		vm_join(address);
		vm_join(end - 1);
	}
	mutex_unlock(&vm_mutex);
	return error;
}

int vm_discard(uintptr_t address, size_t size)
{
	if (range_bad(address, size))
		return -EINVAL;
	mutex_lock(&vm_mutex);
	if (!covered(address, address + size) || holds_image(address, address + size)) {
		mutex_unlock(&vm_mutex);
		return -ENOMEM;
	}
	empty_range(address, address + size);
	mutex_unlock(&vm_mutex);
	return 0;
}
