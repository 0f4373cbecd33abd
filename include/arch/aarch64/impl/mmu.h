/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#define ARCH_TLB_BROADCAST 1

/* Descriptors of the VMSAv8-64 long format [ARM DDI 0487 D8.3]. */
#define PTE_VALID    (1UL << 0)
#define PTE_TABLE    (1UL << 1) /* table, or page at the last level */
#define PTE_DEVICE   (1UL << 2) /* MAIR index 1 */
#define PTE_READONLY (1UL << 7)
#define PTE_INNER    (3UL << 8)
#define PTE_ACCESSED (1UL << 10)
#define PTE_PXN	     (1UL << 53)
#define PTE_UXN	     (1UL << 54)
#define PTE_APP	     (1UL << 55) /* ours: PAGE_APP */
#define PTE_ADDRESS  0x0000fffffffff000UL

static inline uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level)
{
	uint64_t pte = pa | PTE_VALID | PTE_ACCESSED | PTE_UXN;

	if (level == 0)
		pte |= PTE_TABLE;
	pte |= attrs & PAGE_DEVICE ? PTE_DEVICE : PTE_INNER;
	if (!(attrs & PAGE_WRITE))
		pte |= PTE_READONLY;
	if (!(attrs & PAGE_EXEC))
		pte |= PTE_PXN;
	if (attrs & PAGE_APP)
		pte |= PTE_APP;
	return pte;
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
	unsigned attrs = PAGE_READ;

	if (!(pte & PTE_READONLY))
		attrs |= PAGE_WRITE;
	if (!(pte & PTE_PXN))
		attrs |= PAGE_EXEC;
	if (pte & PTE_DEVICE)
		attrs |= PAGE_DEVICE;
	if (pte & PTE_APP)
		attrs |= PAGE_APP;
	return attrs;
}

static inline bool arch_pte_block_allowed(int level)
{
	return level <= 2;
}

static inline void arch_pte_publish(void)
{
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

static inline uint64_t arch_root_of(uintptr_t va)
{
	uint64_t root;

	if (va >> 63)
		__asm__ volatile("mrs %0, ttbr1_el1" : "=r"(root));
	else
		__asm__ volatile("mrs %0, ttbr0_el1" : "=r"(root));
	return root & PTE_ADDRESS;
}
