/* SPDX-License-Identifier: BSD-2-Clause */
/* The linear map. It only grows: entries are never removed. */
#include <base/bits.h>
#include <kernel/spinlock.h>
#include <mem/boot_map.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include <arch/boot.h>
#include <kernel/boot.h>

static struct spinlock linear_lock;

bool linear_overlaps_ram(uint64_t start, uint64_t size)
{
	for (unsigned i = 0; i < boot_info.ram_count; i++)
		if (start < boot_info.ram[i].start + boot_info.ram[i].size &&
		    boot_info.ram[i].start < start + size)
			return true;
	return false;
}

/*
 * Device memory is never read ahead of the program, so a leaf may be larger than the device; it
 * must not cover RAM. The largest allowed saves tables.
 */
volatile void *linear_map_device(uint64_t pa, size_t size)
{
	struct irq_state state = spinlock_lock(&linear_lock);
	uint64_t start, end;
	int error = 0;

	for (int level = 2; level >= 0; level--) {
		uint64_t leaf = 1UL << (PAGE_SHIFT + 9 * level);

		start = align_down(pa, leaf);
		end = align_up(pa + size, leaf);
		if (level == 0 ||
		    (arch_pte_block_allowed(level) && !linear_overlaps_ram(start, end - start)))
			break;
	}
	if (!pagetable_query(ARCH_LINEAR_BASE + pa, NULL, NULL) ||
	    !pagetable_query(ARCH_LINEAR_BASE + pa + size - 1, NULL, NULL))
		error = pagetable_map(ARCH_LINEAR_BASE + start, start, end - start,
				      PAGE_READ | PAGE_WRITE | PAGE_DEVICE, true);
	spinlock_unlock(&linear_lock, state);
	return error ? NULL : linear_address(pa);
}

int linear_map_ram(uint64_t pa, uint64_t size)
{
	uint64_t start = align_down(pa, PAGE_SIZE), end = align_up(pa + size, PAGE_SIZE);

	return pagetable_map(ARCH_LINEAR_BASE + start, start, end - start, PAGE_READ | PAGE_WRITE,
			     true);
}

uint64_t linear_physical_of(const void *object)
{
	uintptr_t address = (uintptr_t)object;

	if (address >= ARCH_LINEAR_BASE)
		return address - ARCH_LINEAR_BASE;
	if (address >= (uintptr_t)__image_start && address < (uintptr_t)__image_end)
		return address - (uintptr_t)__image_start + arch_boot.image_pa;
	return 0;
}
