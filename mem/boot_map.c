/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first page tables, built before translation is on. Everything here is reached PC-relative, so
 * that it works at the load address; addresses of symbols are physical then and virtual later. What
 * is kept for later is therefore named by physical address.
 */
#include <arch/mmu.h>
#include <mem/boot_map.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#define BLOCK_SHIFT 21
#define BLOCK_SIZE  (1UL << BLOCK_SHIFT)

static uint64_t pool_next, pool_end;
static uint64_t identity_entry, identity_leaf; /* where the entry is, and what belongs there */

/* `reach`: what lies between a physical address and where it is reached at the moment. */
static uint64_t pool_take(uintptr_t reach)
{
	uint64_t pa = pool_next;

	if (pa + PAGE_SIZE > pool_end)
		return 0;
	pool_next += PAGE_SIZE;
	/* Volatile: the compiler must not call memset, which may need translation on. */
	for (volatile uint64_t *p = (void *)(pa + reach), *end = p + PT_ENTRIES; p < end; p += 4)
		p[0] = p[1] = p[2] = p[3] = 0;
	return pa;
}

static unsigned index_of(uintptr_t va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * level)) & (PT_ENTRIES - 1);
}

/*
 * The entry for va at a level, with the tables above it made on the way; NULL: pool empty or a leaf
 * above.
 */
static uint64_t *entry_at(uint64_t root, uintptr_t va, int level)
{
	uint64_t pa = root;

	for (int above = ARCH_PT_LEVELS - 1; above > level; above--) {
		uint64_t *entry = (uint64_t *)pa + index_of(va, above);

		if (!arch_pte_present(*entry)) {
			uint64_t table = pool_take(0);

			if (!table)
				return NULL;
			*entry = arch_pte_table(table);
		} else if (!arch_pte_is_table(*entry, above)) {
			return NULL;
		}
		pa = arch_pte_address(*entry);
	}
	return (uint64_t *)pa + index_of(va, level);
}

static void map_segment(uint64_t root, uint64_t image_pa, const char *start, const char *end,
			unsigned attrs)
{
	uint64_t pa = (uint64_t)start, stop = ((uint64_t)end + PAGE_MASK) & ~PAGE_MASK;

	for (; pa < stop; pa += PAGE_SIZE) {
		uint64_t *entry = entry_at(root, ARCH_IMAGE_BASE + (pa - image_pa), 0);

		if (entry)
			*entry = arch_pte_leaf(pa, attrs, 0);
	}
}

static void map_identity(uint64_t root, uint64_t image_pa)
{
	int level = arch_pte_block_allowed(2) ? 2 : 1;
	uint64_t pa = image_pa & -(1UL << (PAGE_SHIFT + 9 * level));
	uint64_t *entry = entry_at(root, pa, level);

	identity_entry = (uint64_t)entry;
	identity_leaf = arch_pte_leaf(pa, PAGE_READ | PAGE_WRITE | PAGE_EXEC, level);
	if (entry)
		*entry = identity_leaf;
}

void boot_map(uint64_t image_pa, struct boot_roots *roots)
{
	uint64_t low_root, high_root, first = image_pa & ~(BLOCK_SIZE - 1);
	bool split = ARCH_PT_LEVELS == 3 && ARCH_ROOTS == 2;

	pool_next = (uint64_t)__boot_tables_start;
	pool_end = (uint64_t)__boot_tables_end;
	low_root = pool_take(0);
	high_root = split ? pool_take(0) : low_root;

	map_segment(low_root, image_pa, __text_start, __text_end, PAGE_READ | PAGE_EXEC);
	map_segment(low_root, image_pa, __rodata_start, __rodata_end, PAGE_READ);
	map_segment(low_root, image_pa, __data_start, __boot_stack_guard, PAGE_READ | PAGE_WRITE);
	map_segment(low_root, image_pa, __boot_stack_bottom, __image_end, PAGE_READ | PAGE_WRITE);

	for (uint64_t pa = first; pa < (uint64_t)__image_end; pa += BLOCK_SIZE) {
		uint64_t *entry = entry_at(high_root, ARCH_LINEAR_BASE + pa, 1);

		if (entry)
			*entry = arch_pte_leaf(pa, PAGE_READ | PAGE_WRITE, 1);
	}
	map_identity(low_root, image_pa);
	roots->low = low_root;
	roots->high = high_root;
}

void *boot_map_physical(uint64_t pa, uint64_t size, unsigned attrs)
{
	uint64_t block = pa & ~(BLOCK_SIZE - 1),
		 stop = (pa + size + BLOCK_SIZE - 1) & ~(BLOCK_SIZE - 1);

	if (pagetable_map(ARCH_LINEAR_BASE + block, block, stop - block, attrs, true))
		return NULL;
	return linear_address(pa);
}

static void set_identity(uint64_t pte)
{
	*(uint64_t *)linear_address(identity_entry) = pte;
	arch_pte_publish();
}

void boot_identity_remove(void)
{
	set_identity(0);
	/* Of all CPUs, which began with it, and whole: they may have cut it into pages. */
	arch_tlb_flush(0, 1UL << 30);
}

void boot_identity_restore(void)
{
	set_identity(identity_leaf);
}

uint64_t boot_pool_close(void)
{
	uint64_t rest = pool_next;

	pool_next = pool_end;
	return rest;
}

uint64_t boot_pool_take(void)
{
	return pool_take(ARCH_LINEAR_BASE);
}
