/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <impl/csr.h>

#define ARCH_TLB_BROADCAST 0

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
#define PTE_DEVICE   (1UL << 8) /* for software: PAGE_DEVICE */
#define PTE_APP	     (1UL << 9) /* for software: PAGE_APP */
#define PTE_RIGHTS   (PTE_READ | PTE_WRITE | PTE_EXEC)
#define PTE_ADDRESS  0x003ffffffffffc00UL

/* The bits have the order of the attributes. */
_Static_assert(PAGE_READ << 1 == PTE_READ && PAGE_WRITE << 1 == PTE_WRITE, "rights");
_Static_assert(PAGE_EXEC << 1 == PTE_EXEC, "rights");
_Static_assert(PAGE_DEVICE << 5 == PTE_DEVICE && PAGE_APP << 5 == PTE_APP, "kinds");

static inline uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level)
{
	(void)level;
	return pa >> 2 | PTE_VALID | PTE_READ | PTE_ACCESSED | PTE_DIRTY |
	       (attrs & (PAGE_WRITE | PAGE_EXEC)) << 1 | (attrs & (PAGE_DEVICE | PAGE_APP)) << 5;
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
	return (pte >> 1 & (PAGE_READ | PAGE_WRITE | PAGE_EXEC)) |
	       (pte >> 5 & (PAGE_DEVICE | PAGE_APP));
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
