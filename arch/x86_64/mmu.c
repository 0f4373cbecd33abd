/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translations that the CPUs keep [Intel SDM 3A 4.10]. No entry is global: there is one table and
 * no other.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <kernel/cpu.h>

/* Beyond this many pages dropping everything is cheaper. */
#define PAGES_ONE_BY_ONE 32

struct range {
	uintptr_t va;
	size_t size;
	uint64_t done; /* CPUs by index; atomic */
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

/* Interrupts off. */
static void flush_range(void *arg)
{
	struct range *range = arg;

	arch_tlb_flush_local(range->va, range->size);
	__atomic_fetch_or(&range->done, 1UL << cpu_self()->index, __ATOMIC_RELAXED);
}

/*
 * The thread may be moved to another CPU anywhere here, so that "this CPU and the others" need not
 * be all of them: go on until all have done it.
 */
void arch_tlb_flush(uintptr_t va, size_t size)
{
	struct range range = {va, size, 0};
	uint64_t all = (1UL << __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE)) - 1;

	for (;;) {
		struct irq_state state = arch_irq_save();

		flush_range(&range);
		arch_irq_restore(state);
		if (range.done == all)
			return;
		cpu_call_others(flush_range, &range);
	}
}

/*
 * Instruction fetch sees stores of any CPU, and what it fetched ahead is dropped at the next
 * exception return [Intel SDM 3A 11.6]: whoever runs new code was told of it by one, or made it
 * himself and jumps there.
 */
void arch_icache_sync(uintptr_t va, size_t size)
{
	(void)va;
	(void)size;
}
