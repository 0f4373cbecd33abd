/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of entry that is C but runs with translation off. */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <mem/boot_map.h>

struct arch_boot arch_boot;
uint64_t secondary_satp; /* read by other harts before their translation is on */

/* No canary: the compiler finds its guard by an absolute address, which is not valid yet. */
__attribute__((no_stack_protector)) uint64_t boot_early(uint64_t hart, uint64_t fdt,
							uint64_t image_pa, uint64_t counter);

uint64_t boot_early(uint64_t hart, uint64_t fdt, uint64_t image_pa, uint64_t counter)
{
	struct boot_roots roots;

	arch_boot.image_pa = image_pa;
	arch_boot.fdt_pa = fdt;
	arch_boot.hwid = hart;
	arch_boot.entry_counter = counter;
	boot_map(image_pa, &roots);
	secondary_satp = SATP_SV39 | roots.low >> PAGE_SHIFT;
	return secondary_satp;
}
