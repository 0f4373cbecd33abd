/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/boot_map.c mem/pagetable.c mem/frame.c kernel/spinlock.c lib/fmt.c lib/str.c
// sources: arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host -D__data_start=host_data_start
// flags: -DARCH_IMAGE_BASE=0x1000000000UL
/*
 * The first tables, as they are built before translation is on: tables are where their addresses
 * say.
 */
#include <arch/mmu.h>
#include <mem/boot_map.h>

#include "fresh.h"
#include "host.h"

static struct boot_roots roots;

/* The entry for va, and at which level it is a leaf; 0 if there is none. */
static uint64_t look_up(uintptr_t va, int *level)
{
	const uint64_t *table = (const uint64_t *)roots.low;

	for (*level = ARCH_PT_LEVELS - 1;; --*level) {
		uint64_t pte = table[va >> (PAGE_SHIFT + 9 * *level) & (PT_ENTRIES - 1)];

		if (!arch_pte_present(pte) || !arch_pte_is_table(pte, *level))
			return arch_pte_present(pte) ? pte : 0;
		table = (const uint64_t *)arch_pte_address(pte);
	}
}

static void check_pages(const char *start, const char *end, unsigned attrs)
{
	CHECK(start < end);
	for (const char *at = start; at < end; at += PAGE_SIZE) {
		int level;
		uint64_t pte = look_up(ARCH_IMAGE_BASE + (uintptr_t)(at - __image_start), &level);

		CHECK(pte && level == 0 && arch_pte_address(pte) == (uint64_t)at);
		CHECK(arch_pte_attrs(pte) == attrs);
	}
}

static void build(void)
{
	host_memory_reset(0, 0);
	memset(__boot_tables_start, 0xee, (size_t)(__boot_tables_end - __boot_tables_start));
	boot_map((uint64_t)__image_start, &roots);
}

FRESH_TEST(the_image_has_its_rights)
{
	int level;

	build();
	CHECK(roots.low == (uint64_t)__boot_tables_start && roots.high == roots.low);
	CHECK_IN(check_pages(__text_start, __text_end, PAGE_READ | PAGE_EXEC));
	CHECK_IN(check_pages(__rodata_start, __rodata_end, PAGE_READ));
	CHECK_IN(check_pages(__data_start, __boot_stack_guard, PAGE_READ | PAGE_WRITE));
	CHECK_IN(check_pages(__boot_stack_bottom, __image_end, PAGE_READ | PAGE_WRITE));
	CHECK(!look_up(ARCH_IMAGE_BASE + (uintptr_t)(__boot_stack_guard - __image_start), &level));
	CHECK(!look_up(ARCH_IMAGE_BASE + HOST_IMAGE_SIZE, &level));
}

FRESH_TEST(the_linear_map_and_the_identity)
{
	uint64_t image = (uint64_t)__image_start, pte;
	int level;

	build();
	for (uint64_t pa = image; pa < (uint64_t)__image_end; pa += PAGE_SIZE) {
		pte = look_up(ARCH_LINEAR_BASE + pa, &level);
		CHECK(pte && level == 1 && arch_pte_address(pte) == (pa & ~0x1fffffUL));
		CHECK(arch_pte_attrs(pte) == (PAGE_READ | PAGE_WRITE));
	}
	CHECK(!look_up(0, &level) && !look_up(0x1000, &level));
}

/* The pool goes down page by page, each cleared, and at last gives nothing. */
FRESH_TEST(the_pool)
{
	uint64_t rest;

	build();
	rest = boot_pool_close();
	CHECK(rest > (uint64_t)__boot_tables_start && rest <= (uint64_t)__boot_tables_end);
	CHECK(!(rest & PAGE_MASK));
	CHECK(!boot_pool_take());
	CHECK(rest - (uint64_t)__boot_tables_start <= 8 * PAGE_SIZE);
}
