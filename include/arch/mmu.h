/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries and the TLB. All three CPUs use 4 KiB pages and radix tables of 512 eight-byte
 * entries; mem/pagetable.c walks them with the functions here. Level 0 is the last (4 KiB leaves),
 * level 1 leaves are 2 MiB, level 2 leaves 1 GiB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>

/* Attributes of a page. Readable is implied by any of the others but PAGE_NONE. */
#define PAGE_NONE   0u
#define PAGE_READ   1u
#define PAGE_WRITE  2u
#define PAGE_EXEC   4u
#define PAGE_DEVICE 8u	/* uncached, ordered; never with PAGE_EXEC */
#define PAGE_APP    16u /* belongs to the application (decision 11), else to the kernel */

/*
 * impl/mmu.h defines as static inline (usable with translation off, at the load address):
 *
 *   uint64_t arch_pte_leaf(uint64_t pa, unsigned attrs, int level);
 *   uint64_t arch_pte_table(uint64_t pa);
 *   bool arch_pte_present(uint64_t pte);
 *   bool arch_pte_is_table(uint64_t pte, int level);
 *   uint64_t arch_pte_address(uint64_t pte);       physical address of the table or leaf
 *   unsigned arch_pte_attrs(uint64_t pte);         PAGE_… of a leaf
 *   bool arch_pte_block_allowed(int level);        may level 1 or 2 hold a leaf on this CPU
 *   void arch_pte_publish(void);                   barrier after entries became valid
 *   uint64_t arch_root_of(uintptr_t va);           physical address of the root table for va
 *
 * and ARCH_TLB_BROADCAST: 1 if an instruction makes all CPUs forget a translation; 0 if each CPU
 * has to be told (kernel/tlb.h).
 */
#include <impl/mmu.h>

/*
 * Drop translations of [va, va + size) on all CPUs; the entries were cleared or their rights
 * reduced before. Returns when no CPU can use the old ones. Thread or early boot; no spinlock held
 * (other CPUs may wait for us meanwhile).
 */
void arch_tlb_flush(uintptr_t va, size_t size);

/* The same for the calling CPU only. Any context. */
void arch_tlb_flush_local(uintptr_t va, size_t size);

/* Make freshly written instructions at [va, va + size) executable on all CPUs. Thread. */
void arch_icache_sync(uintptr_t va, size_t size);
