/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory, the image's symbols, the TLB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/boot.h>
#include <arch/mmu.h>
#include <kernel/tlb.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/linear.h>

#include "host.h"

int host_block_level = 2;
uint64_t host_root;
unsigned host_tlb_flushes;
uintptr_t host_tlb_va;
size_t host_tlb_size;
struct arch_boot arch_boot;

/*
 * As the link script lays it out, HOST_IMAGE_SIZE bytes. The program has a __data_start of its own:
 * who needs the image's is compiled with -D__data_start=host_data_start.
 */
__asm__(".pushsection .data.image, \"aw\"\n"
	".balign 0x2000\n"
	".globl __image_start, __text_start, __text_end, __rodata_start, __rodata_end\n"
	".globl host_data_start, __data_end, __bss_start, __bss_end\n"
	".globl __boot_tables_start, __boot_tables_end\n"
	".globl __boot_stack_guard, __boot_stack_bottom, __boot_stack_top, __image_end\n"
	".globl __initrd_start, __initrd_end\n"
	"__image_start:\n__text_start: .skip 0x8000\n__text_end:\n"
	"__rodata_start:\n__initrd_start:\n__initrd_end: .skip 0x4000\n__rodata_end:\n"
	"host_data_start: .skip 0x2000\n__data_end:\n"
	"__bss_start: .skip 0x2000\n__bss_end:\n"
	"__boot_tables_start: .skip 0xb000\n__boot_tables_end:\n"
	"__boot_stack_guard: .skip 0x1000\n"
	"__boot_stack_bottom: .skip 0x2000\n__boot_stack_top:\n"
	".skip 0x2000\n__image_end:\n"
	".popsection\n");

static void *map(uintptr_t at, size_t size)
{
	void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (got == MAP_FAILED) {
		perror("mmap of the physical memory");
		exit(1);
	}
	return got;
}

void host_memory_reset(uint64_t root_pa, uint64_t image_pa)
{
	map(ARCH_LINEAR_BASE, ARCH_LINEAR_SIZE);
	host_root = root_pa;
	host_block_level = 2;
	host_tlb_flushes = 0;
	arch_boot = (struct arch_boot){.image_pa = image_pa};
}

void host_add_frames(uint64_t pa, uint64_t size)
{
	uint64_t map_bytes = (frame_map_bytes(size) + PAGE_MASK) & ~PAGE_MASK;

	frame_add_range(pa, size, pa + size - map_bytes);
	frame_release_range(pa, size - map_bytes);
}

void arch_tlb_flush_local(uintptr_t va, size_t size)
{
	host_tlb_flushes++;
	host_tlb_va = va;
	host_tlb_size = size;
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	arch_tlb_flush_local(va, size);
}

/* The other CPUs: they have caught up with a change unless they lag, and always when waited for. */
bool host_tlb_lags;
uint64_t host_tlb_newest, host_tlb_done;

uint64_t tlb_change(uintptr_t va, size_t size)
{
	arch_tlb_flush_local(va, size);
	return ++host_tlb_newest;
}

bool tlb_is_done(uint64_t change)
{
	return !host_tlb_lags || change <= host_tlb_done;
}

void tlb_await(uint64_t change)
{
	if (change > host_tlb_done)
		host_tlb_done = change;
}

void tlb_catch_up(struct cpu *self)
{
	(void)self;
}

/* The memory must be there: what cannot be touched faults here as it does on a CPU. */
void arch_icache_sync(uintptr_t va, size_t size)
{
	for (size_t i = 0; i < size; i += 64)
		(void)*(volatile char *)(va + i);
}
