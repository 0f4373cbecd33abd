/* SPDX-License-Identifier: BSD-2-Clause */
/* Translations that the CPUs keep [Intel SDM 3A 4.10]. No entry is global: there is one table and no other. */
#include <arch/boot.h>
#include <arch/mmu.h>
#include <mem/boot_map.h>
#include <mem/linear.h>

#include <kernel/cpu.h>

/* Beyond this many pages dropping everything is cheaper. */
#define PAGES_ONE_BY_ONE 32

struct range {
	uintptr_t va;
	size_t size;
};

void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	if (size > PAGES_ONE_BY_ONE * PAGE_SIZE) {
		insn_cr3_write(insn_cr3_read());
		return;
	}
	for (uintptr_t end = va + size; va < end; va += PAGE_SIZE)
		insn_invlpg(va);
}

static void flush_range(void *arg)
{
	struct range *range = arg;

	arch_tlb_flush_local(range->va, range->size);
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	struct range range = {va, size};

	flush_range(&range);
	if (cpu_count > 1)
		cpu_call_others(flush_range, &range);
}

/*
 * Instruction fetch sees stores of any CPU, and what it fetched ahead is dropped at the next exception return
 * [Intel SDM 3A 11.6]: whoever runs new code was told of it by one, or made it himself and jumps there.
 */
void arch_icache_sync(uintptr_t va, size_t size)
{
	(void)va;
	(void)size;
}

void arch_identity_remove(void)
{
	boot_identity_remove();
}
