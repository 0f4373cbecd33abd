/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translations that the CPUs keep [Intel SDM 3A 4.10]. No entry is global: there is one table and
 * no other.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/trap.h>
#include <kernel/cpu.h>
#include <kernel/tlb.h>

/* From vectors.S. */
void arch_trap_interrupt(struct trap_frame *frame);

/* Beyond this many pages dropping everything is cheaper. */
#define PAGES_ONE_BY_ONE 32

void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	if (size > PAGES_ONE_BY_ONE * PAGE_SIZE) {
		insn_cr3_write(insn_cr3_read());
		return;
	}
	for (uintptr_t end = va + size; va < end; va += PAGE_SIZE)
		insn_invlpg(va);
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	tlb_await(tlb_change(va, size));
}

/*
 * STI takes effect after the next instruction, so no interrupt comes between the two. It is taken
 * behind the HLT, and begins with arch_trap_interrupt().
 */
void arch_cpu_idle(void)
{
	tlb_idle_begin(cpu_self());
	__asm__ volatile("sti\n\thlt" ::: "memory");
}

void arch_trap_interrupt(struct trap_frame *frame)
{
	struct cpu *self = cpu_self();

	if (self->tlb_idle)
		tlb_idle_end(self);
	trap_irq(frame);
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
