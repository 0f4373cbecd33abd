/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <impl/insn.h>

#define ARCH_TLB_BROADCAST 0

/*
 * Page table entries [Intel SDM 3A 4.5]. Accessed and dirty are set from the start, so the CPU
 * never writes a table. There is one privilege level: the bit for user pages is never set.
 */
#define PTE_PRESENT  0x1UL
#define PTE_WRITE    0x2UL
#define PTE_UNCACHED 0x18UL /* PWT and PCD: the fourth memory type, UC from reset */
#define PTE_USED     0x60UL /* accessed, dirty */
#define PTE_BLOCK    0x80UL
#define PTE_APP	     0x200UL /* ours: PAGE_APP */
#define PTE_NOEXEC   (1UL << 63)
#define PTE_ADDRESS  0x000ffffffffff000UL

static inline uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level)
{
	uint64_t pte = pa | PTE_USED | PTE_PRESENT;

	if (attrs & PAGE_WRITE)
		pte |= PTE_WRITE;
	if (!(attrs & PAGE_EXEC))
		pte |= PTE_NOEXEC;
	if (attrs & PAGE_DEVICE)
		pte |= PTE_UNCACHED;
	if (attrs & PAGE_APP)
		pte |= PTE_APP;
	if (level > 0)
		pte |= PTE_BLOCK;
	return pte;
}

static inline uint64_t arch_pte_table(uint64_t pa)
{
	return pa | PTE_PRESENT | PTE_WRITE | PTE_USED;
}

static inline bool arch_pte_present(uint64_t pte)
{
	return pte & PTE_PRESENT;
}

static inline bool arch_pte_is_table(uint64_t pte, int level)
{
	return level > 0 && (pte & (PTE_PRESENT | PTE_BLOCK)) == PTE_PRESENT;
}

static inline uint64_t arch_pte_address(uint64_t pte)
{
	return pte & PTE_ADDRESS;
}

static inline unsigned arch_pte_attrs(uint64_t pte)
{
	unsigned attrs = PAGE_READ;

	if (pte & PTE_APP)
		attrs |= PAGE_APP;
	if (pte & PTE_WRITE)
		attrs |= PAGE_WRITE;
	if (!(pte & PTE_NOEXEC))
		attrs |= PAGE_EXEC;
	if (pte & PTE_UNCACHED)
		attrs |= PAGE_DEVICE;
	return attrs;
}

/* 1 GiB leaves are an option of the CPU [Intel SDM 2A CPUID 80000001h EDX 26]. */
static inline bool arch_pte_block_allowed(int level)
{
	return level <= 1 || (level == 2 && (insn_cpuid(0x80000001, 0).edx >> 26 & 1));
}

/* Stores are seen in order, and entries that were not present are not cached. */
static inline void arch_pte_publish(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline uint64_t arch_root_of(uintptr_t va)
{
	(void)va;
	return insn_cr3_read() & PTE_ADDRESS;
}
