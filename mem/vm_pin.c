/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pinned pages. A pin grows with vm_lock held, and whoever takes pages away looks at the pins with
 * vm_lock held, in the same step: so either the pages are pinned in time, or they are not there.
 */
#include <mem/vm_pin.h>

#include <base/bits.h>
#include <mem/pagetable.h>
#include <mem/user.h>

#include "vm_tree.h"

/* The lock guards the list; it is taken behind vm_lock. */
static struct waitq pins_queue = WAITQ_INIT(pins_queue);
static struct list pins = LIST_INIT(pins);

static bool is_pinned(uintptr_t start, size_t size)
{
	LIST_FOR_EACH (const struct vm_pin, pin, &pins, node)
		if (pin->start < start + size && start < pin->end)
			return true;
	return false;
}

/* vm_lock is held, with interrupts as `state` says; given up while this waits. */
static struct irq_state await(uintptr_t start, size_t size, struct irq_state state)
{
	for (;;) {
		struct irq_state inner = waitq_lock(&pins_queue);

		if (!is_pinned(start, size)) {
			waitq_unlock(&pins_queue, inner);
			return state;
		}
		spinlock_release(&vm_lock);
		(void)waitq_sleep_through(&pins_queue, &state, 0, DEADLINE_NEVER);
		waitq_unlock(&pins_queue, state);
		state = spinlock_lock(&vm_lock);
	}
}

/* Pages that are filled, from pin->end on, a few at a time. */
static size_t pin_filled(struct vm_pin *pin, uintptr_t end, unsigned access, uint64_t *frames)
{
	struct irq_state state = spinlock_lock(&vm_lock);
	struct vm_node *node = vm_node_at(pin->end);
	const struct vm_region *region = &node->region;
	uintptr_t at = pin->end;
	unsigned attrs;
	size_t count = 0;

	if (region->start > at || node->dying ||
	    (region->kind != VM_ANON && region->kind != VM_IMAGE))
		end = at;
	end = MIN(MIN(end, region->end), at + VM_STEP / 2);
	for (; at < end && pagetable_query(at, &frames[count], &attrs); at += PAGE_SIZE, count++)
		if ((attrs & access) != access)
			break;
	pin->end = at;
	spinlock_unlock(&vm_lock, state);
	return count;
}

size_t vm_pin(struct vm_pin *pin, uintptr_t address, size_t size, unsigned access, uint64_t *frames)
{
	uintptr_t end = align_up(address + size, PAGE_SIZE);
	struct irq_state state;
	size_t count = 0, more;

	if (!user_range_ok((const void *)address, size))
		return 0;
	__atomic_store_n(&vm_pins_await, await, __ATOMIC_RELAXED);
	pin->start = pin->end = align_down(address, PAGE_SIZE);
	state = waitq_lock(&pins_queue);
	list_push_back(&pins, &pin->node);
	waitq_unlock(&pins_queue, state);
	while (pin->end < end) {
		more = pin_filled(pin, end, access, frames + count);
		count += more;
		if (!more && vm_fault(pin->end, access))
			break;
	}
	if (!count)
		vm_unpin(pin);
	return count;
}

void vm_unpin(struct vm_pin *pin)
{
	struct irq_state state = waitq_lock(&pins_queue);

	list_remove(&pin->node);
	waitq_wake(&pins_queue, 0, SIZE_MAX);
	waitq_unlock(&pins_queue, state);
}
