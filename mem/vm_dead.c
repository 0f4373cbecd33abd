/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions that were unmapped and that other CPUs may still remember. munmap() does not wait for
 * them: on the calling CPU an access faults when it returns, on another one as soon as that took
 * the interrupt that was sent to it. Until all have, neither the addresses nor the frames are used
 * again. Who changes regions next lets go of those that are forgotten; who needs the addresses or
 * the memory waits.
 *
 * The list is in the order of the changes. It changes with vm_mutex and vm_lock held.
 */
#include <base/bits.h>
#include <kernel/cpu.h>
#include <kernel/tlb.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/pagetable.h>

#include "vm_tree.h"

#define COUNT_MAX 64
#define SHARE	  32 /* of all frames, for all the dead together */

static struct vm_node *first, *last;
static unsigned count;
static size_t bytes; /* of addresses */
static size_t frames;

/* Its frames. There is no source whose page this could be. */
#define frames_of(node) ((node)->region.first_page)

static size_t size_of(const struct vm_node *node)
{
	return node->region.end - node->region.start;
}

static void collect(uint64_t pa, size_t size, void *arg)
{
	struct vm_freed *freed = arg;

	(void)size;
	freed->frames[freed->count++] = pa;
}

/* What all CPUs have forgotten, a few pages. vm_lock held; their frames are to be freed. */
static void take_step(uintptr_t at, size_t size, struct vm_freed *freed)
{
	freed->count = 0;
	pagetable_unmap(at, size, collect, freed);
	vm_resident -= freed->count;
}

static void free_frames(const struct vm_freed *freed)
{
	for (size_t i = 0; i < freed->count; i++)
		frame_free(freed->frames[i]);
}

/* Both, where memory is needed now. How many frames came free. vm_lock held. */
static size_t release_step(uintptr_t at, size_t size)
{
	struct vm_freed freed;

	take_step(at, size, &freed);
	free_frames(&freed);
	return freed.count;
}

static void release(struct vm_node *node)
{
	struct irq_state state;
	struct vm_freed freed;
	size_t size;

	for (uintptr_t at = node->region.start; at < node->region.end; at += size) {
		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(VM_STEP, node->region.end - at);
		state = spinlock_lock(&vm_lock);
		take_step(at, size, &freed);
		spinlock_unlock(&vm_lock, state);
		free_frames(&freed);
	}
	state = spinlock_lock(&vm_lock);
	vm_node_remove(node);
	spinlock_unlock(&vm_lock, state);
	heap_free(node);
}

/* Those that all CPUs have forgotten; or all, whatever it takes. */
static void bury(bool all)
{
	struct vm_node *node;

	while ((node = first) && (all || tlb_is_done(node->change))) {
		struct irq_state state = spinlock_lock(&vm_lock);

		WRITE_ONCE(first, node->next_dead);
		frames -= frames_of(node);
		spinlock_unlock(&vm_lock, state);
		count--;
		bytes -= size_of(node);
		release(node);
	}
}

static bool settle(void)
{
	if (!first)
		return false;
	tlb_await(last->change);
	bury(true);
	return true;
}

static void add(struct vm_node *node, size_t node_frames, uint64_t change)
{
	struct irq_state state = spinlock_lock(&vm_lock);

	node->change = change;
	node->next_dead = NULL;
	if (first)
		last->next_dead = node;
	else
		WRITE_ONCE(first, node);
	last = node;
	frames_of(node) = node_frames;
	frames += node_frames;
	spinlock_unlock(&vm_lock, state);
	count++;
	bytes += size_of(node);
	if (count > COUNT_MAX || bytes > frame_total_count() / SHARE << PAGE_SHIFT)
		settle();
	else
		bury(false);
}

/* Only what is little, while there is much. */
static bool may_wait(const struct vm_node *node)
{
	return cpu_count > 1 && !node->region.source &&
	       size_of(node) <= frame_plenty() / SHARE << PAGE_SHIFT;
}

/*
 * Nobody may use the pages from now on, and they keep their frames until nobody can: so all of them
 * take one flush. How many there are.
 */
static size_t hide(const struct vm_region *region)
{
	size_t hidden = 0, size;

	for (uintptr_t at = region->start; at < region->end; at += size) {
		struct irq_state state;

		size = pagetable_hole(at);
		if (size)
			continue;
		size = MIN(VM_STEP, region->end - at);
		state = spinlock_lock(&vm_lock);
		if (vm_pins_await)
			state = vm_pins_await(at, size, state);
		hidden += pagetable_protect(at, size, PAGE_NONE, NULL);
		spinlock_unlock(&vm_lock, state);
	}
	return hidden;
}

static bool dead_unmap(struct vm_node *node, bool now)
{
	const struct vm_region *region = &node->region;
	bool later = !now && may_wait(node);
	size_t hidden;

	if (region->source || (!later && size_of(node) <= VM_STEP))
		return false;
	hidden = hide(region);
	if (hidden && later) {
		add(node, hidden, tlb_change(region->start, size_of(node)));
		return true;
	}
	if (hidden)
		arch_tlb_flush(region->start, size_of(node));
	release(node);
	return true;
}

static void dead_clear(uintptr_t start, uintptr_t end)
{
	bury(false);
	if (start >= end)
		return;
	for (struct vm_node *node = vm_node_at(start); node->region.start < end;
	     node = vm_node_next(node))
		if (node->dying) {
			settle();
			return;
		}
}

/* For a fault that finds no frame. What is released here is not there when the node is buried. */
static bool dead_frames(void)
{
	for (struct vm_node *node = first; node && tlb_is_done(node->change);
	     node = node->next_dead) {
		size_t size, freed;

		for (uintptr_t at = node->region.start; at < node->region.end; at += size) {
			size = pagetable_hole(at);
			if (size)
				continue;
			size = MIN(VM_STEP, node->region.end - at);
			freed = release_step(at, size);
			frames_of(node) -= freed;
			frames -= freed;
			if (freed)
				return true;
		}
	}
	return false;
}

size_t vm_free_frames(void)
{
	return frame_free_count() + READ_ONCE(frames);
}

static const struct vm_dead_hooks hooks = {
	.unmap = dead_unmap,
	.clear = dead_clear,
	.settle = settle,
	.frames = dead_frames,
};

int vm_unmap_later(uintptr_t address, size_t size)
{
	if (!ARCH_TLB_BROADCAST)
		__atomic_store_n(&vm_dead_hooks, &hooks, __ATOMIC_RELEASE);
	return vm_unmap(address, size);
}
