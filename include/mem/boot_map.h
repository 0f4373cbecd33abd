/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first page tables. boot_map() runs at the load address with translation off (x86_64: under a
 * temporary identity map): only position-independent code, no pointers from initialised data.
 */
#pragma once

#include <stdint.h>

#include <arch/layout.h>

/*
 * Roots built by boot_map(), physical. `high` equals `low` where one table serves both halves
 * (x86_64, riscv64).
 */
struct boot_roots {
	uint64_t low;
	uint64_t high;
};

/*
 * Build the tables from the pool behind .bss: the image at its link address with W^X, the 2 MiB
 * blocks around it in the linear map, and an identity entry (executable, largest leaf the CPU
 * allows) for the block of `image_pa`.
 */
void boot_map(uint64_t image_pa, struct boot_roots *roots);

/*
 * After translation is on and before frames exist: make [pa, pa + size) readable through the linear
 * map, with tables from the pool. Returns the linear address, NULL when the pool is empty.
 * Early boot.
 */
void *boot_map_physical(uint64_t pa, uint64_t size, unsigned attrs);

/*
 * Remove the identity entry that entering the image needed; put it back while secondary CPUs are
 * started. Early boot, boot CPU, translation on.
 */
void boot_identity_remove(void);
void boot_identity_restore(void);

/* Close the pool: nothing is taken any more. Returns where its unused rest begins, physical. */
uint64_t boot_pool_close(void);

/* A zeroed table from the pool, physical; 0 when empty. Early boot. */
uint64_t boot_pool_take(void);

/* Symbols of the link script, as seen from C. */
extern char __image_start[], __text_start[], __text_end[], __rodata_start[], __rodata_end[],
	__data_start[], __data_end[], __bss_start[], __bss_end[], __boot_stack_guard[],
	__boot_stack_bottom[], __boot_stack_top[], __boot_tables_start[], __boot_tables_end[],
	__image_end[], __initrd_start[], __initrd_end[], __stubs_start[], __stubs_end[],
	__program_text_start[], __program_text_end[];
