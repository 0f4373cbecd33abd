/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking and changing the translation table. */
#include <errno.h>

#include <base/bits.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

/*
 * A page that exists but may not be touched at all (PAGE_NONE): our own form, not valid for any of
 * the CPUs because bit 0 is clear, with the frame's address.
 */
#define PTE_NONE 0x800UL

static size_t table_frames;

static size_t level_size(int level)
{
	return 1UL << (PAGE_SHIFT + 9 * level);
}

static unsigned index_of(uintptr_t va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * level)) & (PT_ENTRIES - 1);
}

static uint64_t leaf_make(uint64_t pa, unsigned attrs, int level)
{
	return attrs & (PAGE_READ | PAGE_WRITE | PAGE_EXEC) ? arch_pte_leaf(pa, attrs, level)
							    : pa | PTE_NONE;
}

static uint64_t leaf_address(uint64_t pte)
{
	return arch_pte_present(pte) ? arch_pte_address(pte) : pte & ~PAGE_MASK;
}

/*
 * Whoever sees the entry, a CPU's table walker included, sees what the frame was filled with
 * before.
 */
static void publish(uint64_t *entry, uint64_t pte)
{
	__atomic_store_n(entry, pte, __ATOMIC_RELEASE);
}

/* Tables come from frames; before those exist, from the boot pool. */
static uint64_t table_new(void)
{
	uint64_t pa = frame_alloc_zeroed();

	if (!pa && !frame_free_count())
		pa = boot_pool_take();
	if (pa)
		table_frames++;
	return pa;
}

/* Where a walk ended. */
struct place {
	uint64_t *entry; /* NULL: the table below this level is missing, or memory for it */
	int level;
};

/* The entry for va at `level`, or the larger leaf above it; tables are made if `create`. */
static struct place find(uintptr_t va, int level, bool create)
{
	uint64_t *table = linear_address(arch_root_of(va));

	for (int at = ARCH_PT_LEVELS - 1;; at--) {
		uint64_t *entry = &table[index_of(va, at)];

		if (at > level && !arch_pte_present(*entry)) {
			uint64_t pa = create ? table_new() : 0;

			if (!pa)
				return (struct place){NULL, at};
			publish(entry, arch_pte_table(pa));
			arch_pte_publish();
		} else if (at == level || !arch_pte_is_table(*entry, at)) {
			return (struct place){entry, at};
		}
		table = linear_address(arch_pte_address(*entry));
	}
}

static size_t step_over(uintptr_t va, size_t size, int level)
{
	return MIN(size, level_size(level) - (va & (level_size(level) - 1)));
}

static int leaf_level(uintptr_t va, uint64_t pa, size_t size, bool large)
{
	for (int level = 2; large && level > 0; level--)
		if (arch_pte_block_allowed(level) && size >= level_size(level) &&
		    is_aligned(va | pa, level_size(level)))
			return level;
	return 0;
}

int pagetable_map(uintptr_t va, uint64_t pa, size_t size, unsigned attrs, bool large)
{
	while (size) {
		int level = leaf_level(va, pa, size, large);
		struct place place;
		size_t step;

		do /* where smaller leaves are there already, go into them */
			place = find(va, level--, true);
		while (place.entry && arch_pte_is_table(*place.entry, place.level));
		if (!place.entry)
			return -ENOMEM;
		if (!*place.entry)
			publish(place.entry, leaf_make(pa, attrs, place.level));
		/*
		 * A larger leaf above may cover more than asked for; go on behind our part of it.
		 */
		step = step_over(va, size, place.level);
		va += step;
		pa += step;
		size -= step;
	}
	arch_pte_publish();
	return 0;
}

/* How many entries from this one on the range covers: those of one table are next to each other. */
static size_t entries_in(uintptr_t va, size_t size, const struct place *place)
{
	if (!place->entry || place->level)
		return place->entry != NULL;
	return MIN(size >> PAGE_SHIFT, (size_t)PT_ENTRIES - index_of(va, 0));
}

void pagetable_unmap(uintptr_t va, size_t size,
		     void (*release)(uint64_t pa, size_t size, void *arg), void *arg)
{
	while (size) {
		struct place place = find(va, 0, false);
		size_t count = entries_in(va, size, &place);
		size_t step = count > 1 ? count << PAGE_SHIFT : step_over(va, size, place.level);

		for (; count--; place.entry++) {
			uint64_t pte = *place.entry;

			if (!pte)
				continue;
			*place.entry = 0;
			if (release)
				release(leaf_address(pte), level_size(place.level), arg);
		}
		va += step;
		size -= step;
	}
	arch_pte_publish();
}

int pagetable_prepare(uintptr_t va, size_t size)
{
	while (size) {
		size_t step = step_over(va, size, 1);

		if (!find(va, 0, true).entry)
			return -ENOMEM;
		va += step;
		size -= step;
	}
	return 0;
}

size_t pagetable_hole(uintptr_t va)
{
	struct place place = find(va, 0, false);

	return place.entry ? 0 : step_over(va, SIZE_MAX, place.level);
}

size_t pagetable_protect(uintptr_t va, size_t size, unsigned attrs, bool *reduced)
{
	size_t changed = 0;

	while (size) {
		struct place place = find(va, 0, false);
		size_t count = entries_in(va, size, &place);
		size_t step = count > 1 ? count << PAGE_SHIFT : step_over(va, size, place.level);

		for (; count--; place.entry++) {
			uint64_t pte = *place.entry;

			if (!pte)
				continue;
			if (reduced && arch_pte_present(pte) && arch_pte_attrs(pte) & ~attrs)
				*reduced = true;
			*place.entry = leaf_make(leaf_address(pte), attrs, place.level);
			changed++;
		}
		va += step;
		size -= step;
	}
	arch_pte_publish();
	return changed;
}

bool pagetable_query(uintptr_t va, uint64_t *pa, unsigned *attrs)
{
	struct place place = find(va, 0, false);
	uint64_t pte = place.entry ? *place.entry : 0;

	if (!pte)
		return false;
	if (pa)
		*pa = leaf_address(pte) + (va & (level_size(place.level) - 1));
	if (attrs)
		*attrs = arch_pte_present(pte) ? arch_pte_attrs(pte) : PAGE_NONE;
	return true;
}

size_t pagetable_frames(void)
{
	return table_frames;
}
