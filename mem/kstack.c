/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel stacks live in slots of 16 KiB: the lower half stays unmapped (the guard), the stack is
 * the upper half, so bit 13 tells the two apart. Freed ones are kept, mapped, in a list that goes
 * through their first words, up to a 64th of the memory; who creates threads gives back what is too
 * many. When memory is scarce few are kept.
 */
#include <kernel/spinlock.h>
#include <mem/frame.h>
#include <mem/kstack.h>
#include <mem/vm.h>

#define SLOT_SIZE  (2 * KSTACK_SIZE)
#define KEEP_FEW   8
#define KEEP_SHARE (64 * KSTACK_SIZE / 4096) /* of the frames, one stack */

/* Guarded by free_lock. */
static struct spinlock free_lock;
static uintptr_t free_first;
static unsigned free_count;

static NOINLINE uintptr_t take(unsigned keep)
{
	struct irq_state state = spinlock_lock(&free_lock);
	uintptr_t bottom = 0;

	if (free_count > keep) {
		bottom = free_first;
		free_first = *(uintptr_t *)bottom;
		free_count--;
	}
	spinlock_unlock(&free_lock, state);
	return bottom;
}

void kstack_trim(unsigned keep)
{
	uintptr_t surplus;

	while ((surplus = take(keep)))
		vm_unmap_stack(surplus & ~(SLOT_SIZE - 1), SLOT_SIZE);
}

static NOINLINE uintptr_t map(size_t size)
{
	uintptr_t bottom;

	return vm_map_stack(&bottom, SLOT_SIZE, size) ? 0 : bottom;
}

uintptr_t kstack_alloc(size_t size)
{
	uintptr_t bottom;

	if (READ_ONCE(free_count) > KEEP_FEW)
		kstack_trim(KEEP_FEW + (unsigned)(frame_plenty() / KEEP_SHARE));
	bottom = size == KSTACK_SIZE ? take(0) : 0;
	return bottom ? bottom : map(size);
}

void kstack_free(uintptr_t bottom)
{
	struct irq_state state = spinlock_lock(&free_lock);

	*(uintptr_t *)bottom = free_first;
	free_first = bottom;
	free_count++;
	spinlock_unlock(&free_lock, state);
}
