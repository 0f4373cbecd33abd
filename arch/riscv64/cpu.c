/* SPDX-License-Identifier: BSD-2-Clause */
/* Set-up of a hart, the timer, randomness, TLB and instruction fetch. */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <base/fmt.h>
#include <impl/sbi.h>
#include <kernel/cpu.h>

#define FLUSH_MAX 64 /* pages; beyond that dropping everything is cheaper */

/* firmware.S */
bool sstc_probe(void);

static uint64_t counter_rate;
static bool has_sstc;

void arch_cpu_init_self(struct cpu *cpu)
{
	(void)cpu;
	csr_write(CSR_SIE, 1 << IRQ_SOFTWARE | 1 << IRQ_EXTERNAL);
}

void arch_cpu_init(void)
{
	has_sstc = sstc_probe();
	arch_cpu_init_self(&cpu_boot);
}

uint64_t arch_counter_rate(void)
{
	return counter_rate;
}

void arch_counter_set_rate(uint64_t hz)
{
	counter_rate = hz;
}

/* The interrupt is pending for as long as the deadline lies in the past [Sstc 1.0; SBI 1.0, 6.1]. */
void arch_timer_set(uint64_t deadline)
{
	if (has_sstc)
		csr_write(CSR_STIMECMP, deadline);
	else if (sbi_call(deadline, 0, 0, 0, 0, 0, SBI_TIME_SET, SBI_TIME).error)
		sbi_call(deadline, 0, 0, 0, 0, 0, 0, SBI_LEGACY_SET_TIMER);
}

void arch_timer_init_cpu(void)
{
	arch_timer_set(UINT64_MAX);
	csr_set(CSR_SIE, 1 << IRQ_TIMER);
}

bool arch_random(uint64_t *value)
{
	(void)value;
	return false;
}

void arch_cpu_name(char *buffer, unsigned size)
{
	unsigned long id[3];

	for (unsigned i = 0; i < 3; i++)
		id[i] = (unsigned long)sbi_call(0, 0, 0, 0, 0, 0, SBI_BASE_MVENDORID + i, SBI_BASE).value;
	fmt_string(buffer, size, "vendor %lx arch %lx version %lx", id[0], id[1], id[2]);
}

void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	if (size > FLUSH_MAX * PAGE_SIZE)
		__asm__ volatile("sfence.vma" ::: "memory");
	else
		for (uintptr_t end = va + size; va < end; va += PAGE_SIZE)
			__asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}

struct range {
	uintptr_t va;
	size_t size;
};

static void flush_call(void *arg)
{
	const struct range *range = arg;

	arch_tlb_flush_local(range->va, range->size);
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	struct range range = {va, size};

	arch_tlb_flush_local(va, size);
	if (cpu_count > 1 && sbi_call(0, (unsigned long)SBI_ALL_HARTS, va, size, 0, 0,
				      SBI_RFENCE_SFENCE_VMA, SBI_RFENCE).error)
		cpu_call_others(flush_call, &range);
}

static void fetch_call(void *arg)
{
	(void)arg;
	__asm__ volatile("fence.i" ::: "memory");
}

void arch_icache_sync(uintptr_t va, size_t size)
{
	(void)va;
	(void)size;
	__asm__ volatile("fence rw, rw" ::: "memory");
	fetch_call(NULL);
	if (cpu_count > 1 && sbi_call(0, (unsigned long)SBI_ALL_HARTS, 0, 0, 0, 0, SBI_RFENCE_FENCE_I,
				      SBI_RFENCE).error)
		cpu_call_others(fetch_call, NULL);
}
