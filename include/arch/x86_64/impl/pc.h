/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware's tables say about a PC: between arch/x86_64 and dev/bus. */
#pragma once

#include <stdint.h>

struct device;

/*
 * Upcalls of arch_boot_discover() (dev/bus/pc.c): devices every PC may have, then what ACPI's
 * tables tell, or those of the MultiProcessor Specification. `rsdp_pa` 0: the loader names no ACPI
 * tables.
 */
void pc_discover(uint64_t rsdp_pa);

/* A way to restart that is tried before the architecture's; NULL: none. */
extern void (*arch_reboot_first)(void);
