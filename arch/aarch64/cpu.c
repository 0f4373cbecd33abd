/* SPDX-License-Identifier: BSD-2-Clause */
/* Set-up of a CPU, the counter, randomness, TLB and caches. */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <base/fmt.h>
#include <kernel/cpu.h>

#define SCTLR_WXN (1UL << 19)
#define FLUSH_MAX 8 /* pages; beyond that dropping everything is cheaper */

static uint64_t counter_rate;
static bool has_rndr;

void arch_cpu_init_self(struct cpu *cpu)
{
	uint64_t sctlr, features;
	unsigned monitor;

	(void)cpu;
	/* From here on nothing writable is executable, whatever a table says. */
	__asm__ volatile("mrs %0, sctlr_el1\n\torr %0, %0, %1\n\tmsr sctlr_el1, %0\n\tisb"
			 : "=&r"(sctlr)
			 : "r"(SCTLR_WXN));
	/* The cycle counter, for programs that measure: on, not reset on overflow. */
	__asm__("mrs %0, id_aa64dfr0_el1" : "=r"(features));
	monitor = features >> 8 & 15;
	if (monitor && monitor != 15)
		__asm__ volatile("msr pmcr_el0, %0\n\tmsr pmcntenset_el0, %1" ::"r"(0x41UL),
				 "r"(1UL << 31));
}

void arch_cpu_init(void)
{
	uint64_t isar0;

	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
	has_rndr = isar0 >> 60;
	arch_cpu_init_self(&cpu_boot);
}

uint64_t arch_counter_rate(void)
{
	if (!counter_rate)
		__asm__("mrs %0, cntfrq_el0" : "=r"(counter_rate));
	return counter_rate;
}

void arch_counter_set_rate(uint64_t hz)
{
	counter_rate = hz;
}

bool arch_random(uint64_t *value)
{
	bool failed;

	if (!has_rndr)
		return false;
	__asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %w1, eq" : "=r"(*value), "=r"(failed)::"cc");
	return !failed;
}

void arch_cpu_name(char *buffer, unsigned size)
{
	uint64_t midr;

	__asm__("mrs %0, midr_el1" : "=r"(midr));
	fmt_string(buffer, size, "implementer %lx part %lx r%lup%lu", midr >> 24 & 0xff,
		   midr >> 4 & 0xfff, midr >> 20 & 0xf, midr & 0xf);
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	uintptr_t end = va + size;

	__asm__ volatile("dsb ishst" ::: "memory");
	if (size > FLUSH_MAX * PAGE_SIZE)
		__asm__ volatile("tlbi vmalle1is" ::: "memory");
	else
		for (; va < end; va += PAGE_SIZE)
			__asm__ volatile("tlbi vaae1is, %0" ::"r"(va << 8 >> 20) : "memory");
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* The broadcast costs no more than the local form here. */
void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	arch_tlb_flush(va, size);
}

void arch_icache_sync(uintptr_t va, size_t size)
{
	uintptr_t end = va + size;

	for (uintptr_t line = va & ~15UL; line < end; line += 16)
		__asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
	__asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}
