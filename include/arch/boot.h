/* SPDX-License-Identifier: BSD-2-Clause */
/* What the entry code hands to kmain(). */
#pragma once

#include <stdint.h>

/*
 * Filled by the architecture's entry code before kmain(); all addresses are physical.
 */
struct arch_boot {
	uint64_t image_pa;   /* where the image's first byte is */
	uint64_t fdt_pa;     /* flattened device tree, 0 if none */
	uint64_t info_pa;    /* x86_64: hvm_start_info, else 0 */
	uint64_t hwid;	     /* hardware id of the boot CPU */
	uint64_t entry_counter; /* arch_counter_read() at the first instructions */
};
extern struct arch_boot arch_boot;

/*
 * Read what the firmware says: fill boot_info (kernel/boot.h) with RAM, reservations, CPUs, command
 * line, initrd, and register devices. Provided by kernel/boot_fdt.c for a device tree, by
 * arch/x86_64 for PVH and ACPI. Early boot: only the boot mapping exists; other physical memory is
 * reached by boot_map_physical(). Returns 0 or a negative errno with the reason logged.
 */
int arch_boot_discover(void);
