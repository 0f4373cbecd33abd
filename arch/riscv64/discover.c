/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64 firmware always hands over a device tree. */
#include <arch/boot.h>
#include <kernel/boot.h>

/*
 * The firmware stays in memory that only it may touch. It says where in the tree it hands over; a
 * tree that came another way (a boot loader's, a board's) does not know. Then everything from the
 * start of RAM to the image, where firmware lies by custom, is left alone.
 */
static void reserve_firmware(void)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < boot_info.ram_count; i++)
		if (arch_boot.image_pa - boot_info.ram[i].start < boot_info.ram[i].size)
			start = boot_info.ram[i].start;
	for (unsigned i = 0; i < boot_info.reserved_count; i++)
		if (boot_info.reserved[i].start - start < arch_boot.image_pa - start &&
		    boot_info.reserved[i].start != arch_boot.fdt_pa &&
		    boot_info.reserved[i].start != boot_info.initrd_pa)
			return;
	if (start && start < arch_boot.image_pa)
		boot_add_reserved(start, arch_boot.image_pa - start);
}

int arch_boot_discover(void)
{
	int error = boot_discover_fdt();

	if (!error)
		reserve_firmware();
	return error;
}
