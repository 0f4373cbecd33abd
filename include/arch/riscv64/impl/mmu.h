/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <impl/csr.h>

/*
 * Sv39 entries [RISC-V privileged 1.12, 4.4.1]. Accessed and dirty are always set: hardware may
 * fault instead of setting them. Memory types belong to physical addresses here, so PAGE_DEVICE is
 * only remembered.
 */
#define PTE_VALID    (1UL << 0)
#define PTE_READ     (1UL << 1)
#define PTE_WRITE    (1UL << 2)
#define PTE_EXEC     (1UL << 3)
#define PTE_ACCESSED (1UL << 6)
#define PTE_DIRTY    (1UL << 7)
#define PTE_APP	     (1UL << 8) /* for software: PAGE_APP */
#define PTE_DEVICE   (1UL << 9) /* for software: PAGE_DEVICE */
#define PTE_RIGHTS   (PTE_READ | PTE_WRITE | PTE_EXEC)
#define PTE_ADDRESS  0x003ffffffffffc00UL

static inline uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level)
{
	uint64_t pte = pa >> 2 | PTE_VALID | PTE_READ | PTE_ACCESSED | PTE_DIRTY;

	(void)level;
	if (attrs & PAGE_WRITE)
		pte |= PTE_WRITE;
	if (attrs & PAGE_EXEC)
		pte |= PTE_EXEC;
	if (attrs & PAGE_APP)
		pte |= PTE_APP;
	if (attrs & PAGE_DEVICE)
		pte |= PTE_DEVICE;
	return pte;
}

static inline uint64_t arch_pte_table(uint64_t pa)
{
	return pa >> 2 | PTE_VALID;
}

static inline bool arch_pte_present(uint64_t pte)
{
	return pte & PTE_VALID;
}

static inline bool arch_pte_is_table(uint64_t pte, int level)
{
	return level > 0 && (pte & (PTE_VALID | PTE_RIGHTS)) == PTE_VALID;
}

static inline uint64_t arch_pte_address(uint64_t pte)
{
	return (pte & PTE_ADDRESS) << 2;
}

static inline unsigned arch_pte_attrs(uint64_t pte)
{
	unsigned attrs = PAGE_NONE;

	if (pte & PTE_READ)
		attrs |= PAGE_READ;
	if (pte & PTE_WRITE)
		attrs |= PAGE_WRITE;
	if (pte & PTE_EXEC)
		attrs |= PAGE_EXEC;
	if (pte & PTE_APP)
		attrs |= PAGE_APP;
	if (pte & PTE_DEVICE)
		attrs |= PAGE_DEVICE;
	return attrs;
}

static inline bool arch_pte_block_allowed(int level)
{
	return level <= 2;
}

/*
 * An entry that became valid may have been remembered as not valid [4.2.1]. Other CPUs that did so
 * fault once more: the trap handler forgets the address before it looks for a reason.
 */
static inline void arch_pte_publish(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

static inline uint64_t arch_root_of(uintptr_t va)
{
	(void)va;
	return csr_read(CSR_SATP) << 20 >> 8;
}
