/* SPDX-License-Identifier: BSD-2-Clause */
/* What the entry code hands to kmain(). */
#pragma once

#include <stdint.h>

/*
 * Filled by the architecture's entry code before kmain(); all addresses are physical.
 */
struct arch_boot {
	uint64_t image_pa;	/* where the image's first byte is */
	uint64_t fdt_pa;	/* flattened device tree, 0 if none */
	uint64_t info_pa;	/* x86_64: hvm_start_info, else 0 */
	uint64_t hwid;		/* hardware id of the boot CPU */
	uint64_t entry_counter; /* arch_counter_read() at the first instructions */
};
extern struct arch_boot arch_boot;

/*
 * Read what the firmware says: fill boot_info (kernel/boot.h) with RAM, reservations, CPUs, command
 * line, initrd, and register devices. aarch64 and riscv64 hand a device tree to
 * boot_discover_fdt(); x86_64 reads PVH's start information and ACPI or MP tables. Early boot: only
 * the boot mapping exists; other physical memory is reached by boot_map_physical(). 0 or a negative
 * errno.
 */
int arch_boot_discover(void);
