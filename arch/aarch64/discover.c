/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine is described by a device tree. */
#include <arch/boot.h>
#include <kernel/boot.h>

int arch_boot_discover(void)
{
	return boot_discover_fdt();
}
