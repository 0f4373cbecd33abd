/* SPDX-License-Identifier: BSD-2-Clause */
/* The emulator's ports, and the ways out of a PC. */
#include <arch/port.h>
#include <arch/power.h>
#include <impl/pc.h>

#include "cpu_arch.h"

#define PORT_CONTROL   0xe9 /* debug console: reads its own address */
#define PORT_EXIT      0xf4 /* isa-debug-exit: reads 0; nothing there reads as ones */
#define PORT_KEYBOARD  0x64
#define KEYBOARD_RESET 0xfe
#define PORT_CHIPSET   0xcf9 /* reset control of Intel's and compatible chip sets */

void (*arch_reboot_first)(void);

bool arch_control_write(const char *text)
{
	if (arch_port_read8(PORT_CONTROL) != PORT_CONTROL)
		return false;
	while (*text)
		arch_port_write8(PORT_CONTROL, (uint8_t)*text++);
	return true;
}

void arch_emulator_exit(int status)
{
	if (arch_port_read8(PORT_EXIT) == 0)
		arch_port_write8(PORT_EXIT, (uint8_t)status);
}

/* ACPI is a driver's (dev/bus/acpi.c); there is no other way. */
void arch_power_off(void)
{
}

void arch_reboot(void)
{
	if (arch_reboot_first)
		arch_reboot_first();
	arch_port_write8(PORT_CHIPSET, 0x02);
	arch_port_write8(PORT_CHIPSET, 0x06);
	arch_port_write8(PORT_KEYBOARD, KEYBOARD_RESET);
	triple_fault();
}
