/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translations and instructions that harts remember. Of translations they are told by interrupts
 * (kernel/tlb.h), which nobody has to wait for; the firmware's call would wait. Of instructions
 * they are told through the firmware. A hart in WFI would have to be woken for that: it is left
 * alone and forgets everything when it wakes, before it can use what changed. Its own stack and
 * code do not change.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <base/compiler.h>
#include <impl/sbi.h>
#include <kernel/cpu.h>
#include <kernel/tlb.h>

#include "tlb.h"

#define FLUSH_MAX 64 /* pages; beyond that dropping everything is cheaper */

static uint32_t generation; /* of code that sleeping harts were not told; atomic */

/* Of each hart, in its struct cpu. The list only grows. */
struct hart {
	struct hart *next;
	uint64_t id;
	uint32_t asleep; /* atomic; written by the hart itself */
	uint32_t seen;	 /* generation; own hart */
};
_Static_assert(sizeof(struct hart) <= ARCH_CPU_BYTES, "ARCH_CPU_BYTES");

static struct hart *harts; /* atomic */

static struct hart *hart_self(void)
{
	return (struct hart *)arch_cpu_current()->arch;
}

void tlb_init_self(struct cpu *cpu)
{
	struct hart *self = (struct hart *)cpu->arch;

	self->id = cpu->hwid;
	self->next = harts; /* harts start one by one */
	__atomic_store_n(&harts, self, __ATOMIC_SEQ_CST);
	/* What changed until now did not wait for this hart. */
	__asm__ volatile("sfence.vma" ::: "memory");
}

/*
 * Either we see here the generation of a change whose author saw us asleep, or the author sees us
 * awake. WFI ends for an interrupt that is enabled in sie, taken or not, so none is lost.
 */
void arch_cpu_idle(void)
{
	struct hart *self = hart_self();
	uint32_t now;

	tlb_idle_begin(cpu_self());
	__atomic_store_n(&self->asleep, 1, __ATOMIC_RELEASE);
	__asm__ volatile("wfi" ::: "memory");
	tlb_idle_end(cpu_self());
	__atomic_store_n(&self->asleep, 0, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	now = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
	if (self->seen != now) {
		self->seen = now;
		__asm__ volatile("fence.i" ::: "memory");
	}
	arch_irq_enable();
}

static long rfence_i(uint64_t mask, uint64_t base)
{
	return sbi_call(mask, base, 0, 0, 0, 0, SBI_RFENCE_FENCE_I, SBI_RFENCE).error;
}

/*
 * FENCE.I for all harts that are awake but this one. Nonzero: the firmware cannot. Interrupts off.
 */
static long tell_others(void)
{
	const struct hart *self = hart_self(), *hart = __atomic_load_n(&harts, __ATOMIC_ACQUIRE);
	uint64_t mask = 0, base = 0;
	long error = 0;

	if (!hart || !hart->next)
		return 0;
	__atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (; hart; hart = hart->next) {
		if (hart == self || __atomic_load_n(&hart->asleep, __ATOMIC_SEQ_CST))
			continue;
		if (mask && base != (hart->id & ~63UL)) {
			error |= rfence_i(mask, base);
			mask = 0;
		}
		base = hart->id & ~63UL;
		mask |= 1UL << (hart->id & 63);
	}
	if (mask)
		error |= rfence_i(mask, base);
	return error;
}

void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	if (size > FLUSH_MAX * PAGE_SIZE)
		__asm__ volatile("sfence.vma" ::: "memory");
	else
		for (uintptr_t end = va + size; va < end; va += PAGE_SIZE)
			__asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	tlb_await(tlb_change(va, size));
}

static void fetch_call(void *arg)
{
	(void)arg;
	__asm__ volatile("fence.i" ::: "memory");
}

void arch_icache_sync(uintptr_t va, size_t size)
{
	struct irq_state state = arch_irq_save();
	long error;

	(void)va;
	(void)size;
	__asm__ volatile("fence rw, rw" ::: "memory");
	fetch_call(NULL);
	error = tell_others();
	arch_irq_restore(state);
	if (error)
		cpu_call_others(fetch_call, NULL);
}
