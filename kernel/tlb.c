/* SPDX-License-Identifier: BSD-2-Clause */
/* Making other CPUs forget translations. */
#include <arch/mmu.h>
#include <kernel/cpu.h>
#include <kernel/spinlock.h>
#include <kernel/tlb.h>

#define RECENT 8 /* changes whose ranges are known; who is further behind forgets everything */

struct range {
	uintptr_t va;
	size_t size;
};

/* Written under lock; a range before the number that makes it known. */
static struct spinlock lock;
static uint64_t newest; /* atomic */
static struct range ranges[RECENT];

/*
 * We write `newest` and look whether the CPU is idle; it writes that it is not and looks at
 * `newest` (tlb_idle_end()). One of the two sees the other.
 */
uint64_t tlb_change(uintptr_t va, size_t size)
{
	struct irq_state state = spinlock_lock(&lock);
	unsigned count = __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);
	struct cpu *self = cpu_self();
	uint64_t change = newest + 1;

	ranges[change % RECENT] = (struct range){va, size};
	__atomic_store_n(&newest, change, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	arch_tlb_flush_local(va, size);
	/* If it is further behind, it was asked, and does the whole when it answers. */
	if (self->tlb_seen == change - 1)
		__atomic_store_n(&self->tlb_seen, change, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < count; i++)
		if (cpu_list[i] != self &&
		    !__atomic_load_n(&cpu_list[i]->tlb_idle, __ATOMIC_SEQ_CST))
			cpu_ask_tlb(cpu_list[i]);
	spinlock_unlock(&lock, state);
	return change;
}

bool tlb_is_done(uint64_t change)
{
	unsigned count = __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++)
		if (__atomic_load_n(&cpu_list[i]->tlb_seen, __ATOMIC_ACQUIRE) < change &&
		    !__atomic_load_n(&cpu_list[i]->tlb_idle, __ATOMIC_SEQ_CST))
			return false;
	return true;
}

/*
 * The calling CPU may be behind, too, where nobody asked it because it was idle when the change was
 * made; then it has caught up already.
 */
void tlb_await(uint64_t change)
{
	while (!tlb_is_done(change))
		arch_cpu_relax();
}

/* A slot is written anew when `newest` is RECENT - 1 ahead of its change, at the earliest. */
void tlb_catch_up(struct cpu *self)
{
	uint64_t to = __atomic_load_n(&newest, __ATOMIC_SEQ_CST), from = self->tlb_seen;
	bool known = to - from < RECENT / 2;

	for (uint64_t change = from + 1; known && change <= to; change++) {
		struct range range = ranges[change % RECENT];

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		known = __atomic_load_n(&newest, __ATOMIC_RELAXED) - change < RECENT - 1;
		if (known)
			arch_tlb_flush_local(range.va, range.size);
	}
	if (!known)
		arch_tlb_flush_local(0, SIZE_MAX);
	__atomic_store_n(&self->tlb_seen, to, __ATOMIC_RELEASE);
}

void tlb_idle_begin(struct cpu *self)
{
	__atomic_store_n(&self->tlb_idle, 1, __ATOMIC_RELEASE);
}

void tlb_idle_end(struct cpu *self)
{
	__atomic_store_n(&self->tlb_idle, 0, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (self->tlb_seen != __atomic_load_n(&newest, __ATOMIC_SEQ_CST))
		tlb_catch_up(self);
}
