/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define ARCH_TLB_BROADCAST 0

/*
 * Entries of our own. The low bit is the one that says valid, as on all CPUs (mem/pagetable.c
 * relies on it).
 */
#define PTE_VALID   (1UL << 0)
#define PTE_TABLE   (1UL << 1)
#define PTE_WRITE   (1UL << 2)
#define PTE_EXEC    (1UL << 3)
#define PTE_DEVICE  (1UL << 4)
#define PTE_APP	    (1UL << 5)
#define PTE_ADDRESS 0x0000fffffffff000UL

/* The largest leaf, by level; a test may change it. */
extern int host_block_level;
extern uint64_t host_root;

static inline uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level)
{
	(void)level;
	return pa | PTE_VALID | (attrs & PAGE_WRITE ? PTE_WRITE : 0) |
	       (attrs & PAGE_EXEC ? PTE_EXEC : 0) | (attrs & PAGE_DEVICE ? PTE_DEVICE : 0) |
	       (attrs & PAGE_APP ? PTE_APP : 0);
}

static inline uint64_t arch_pte_table(uint64_t pa)
{
	return pa | PTE_VALID | PTE_TABLE;
}

static inline bool arch_pte_present(uint64_t pte)
{
	return pte & PTE_VALID;
}

static inline bool arch_pte_is_table(uint64_t pte, int level)
{
	return level > 0 && (pte & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

static inline uint64_t arch_pte_address(uint64_t pte)
{
	return pte & PTE_ADDRESS;
}

static inline unsigned arch_pte_attrs(uint64_t pte)
{
	return PAGE_READ | (pte & PTE_WRITE ? PAGE_WRITE : 0) | (pte & PTE_EXEC ? PAGE_EXEC : 0) |
	       (pte & PTE_DEVICE ? PAGE_DEVICE : 0) | (pte & PTE_APP ? PAGE_APP : 0);
}

static inline bool arch_pte_block_allowed(int level)
{
	return level <= host_block_level;
}

static inline void arch_pte_publish(void)
{
}

static inline uint64_t arch_root_of(uintptr_t va)
{
	(void)va;
	return host_root;
}
