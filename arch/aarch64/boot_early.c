/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of entry that is C but runs with translation off: find the device tree, build the first
 * tables. All memory is Device then: no unaligned access.
 */
#pragma GCC target("strict-align")

#include <arch/boot.h>
#include <arch/mmu.h>
#include <mem/boot_map.h>

#include "entry.h"

#define FDT_MAGIC_LE 0xedfe0dd0u
#define MIB	     0x100000UL
#define GIB	     0x40000000UL

struct arch_boot arch_boot;
struct boot_roots secondary_roots;

/*
 * An ELF loader gives no tree in x0; QEMU then leaves it at the start of RAM, below the image. Look
 * downward in steps of 1 MiB, no further than the 1 GiB border: below the image there is RAM down
 * to its start.
 */
static uint64_t find_fdt(uint64_t fdt, uint64_t image_pa)
{
	if (fdt && !(fdt & 7) && *(volatile uint32_t *)fdt == FDT_MAGIC_LE)
		return fdt;
	for (uint64_t pa = image_pa & ~(MIB - 1);; pa -= MIB) {
		if (*(volatile uint32_t *)pa == FDT_MAGIC_LE)
			return pa;
		if (!(pa & (GIB - 1)))
			return 0;
	}
}

/*
 * Variables, stack and tables were written past the caches; lines that an earlier stage left there
 * would hide them. The first line may hold the end of .data, too: the loader left that in memory,
 * not in a cache only [Documentation/arch/arm64/booting.rst of Linux].
 */
static void discard_cache(uint64_t start, uint64_t end)
{
	uint64_t type, step;

	__asm__("mrs %0, ctr_el0" : "=r"(type));
	step = 4UL << (type >> 16 & 15); /* DminLine, in words */
	for (uint64_t line = start & -step; line < end; line += step)
		__asm__ volatile("dc ivac, %0" ::"r"(line) : "memory");
	__asm__ volatile("dsb sy" ::: "memory");
}

struct boot_roots *boot_early(uint64_t fdt, uint64_t image_pa, uint64_t counter)
{
	uint64_t mpidr;

	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
	arch_boot.image_pa = image_pa;
	arch_boot.fdt_pa = find_fdt(fdt, image_pa);
	arch_boot.hwid = mpidr & 0xff00ffffffUL;
	arch_boot.entry_counter = counter;
	boot_map(image_pa, &secondary_roots);
	discard_cache((uint64_t)__bss_start, (uint64_t)__boot_stack_top);
	return &secondary_roots;
}

/* Other CPUs read the roots with their caches off. */
void arch_remember_roots(void)
{
	__asm__ volatile("dc cvac, %0\n\tdsb sy" ::"r"(&secondary_roots) : "memory");
}
