/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways out of the machine. */
#include <arch/cpu.h>
#include <arch/power.h>
#include <base/fmt.h>
#include <base/compiler.h>
#include <kernel/cpu.h>
#include <kernel/irq_watch.h>
#include <kernel/power.h>

#define STOP_STATUS 125 /* what an emulator's exit device is told when the kernel stops */

static void (*driver_off)(int status);

void power_register_off(void (*off)(int status))
{
	if (!driver_off)
		driver_off = off;
}

static void (*ends[4])(void); /* early boot and start hooks write it, one after the other */

void power_register_end(void (*end)(void))
{
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++) {
		if (ends[i])
			continue;
		ends[i] = end;
		return;
	}
}

bool power_end(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ends) && ends[i]; i++)
		ends[i]();
	return ends[0];
}

static _Noreturn void leave(int status)
{
	arch_emulator_exit(status);
	if (driver_off)
		driver_off(status);
	arch_power_off();
	/* Idling would let interrupts in, and with them threads. */
	for (;;)
		arch_cpu_relax();
}

void power_exit(int status)
{
	char line[16];

	arch_irq_disable();
	cpu_stop_others();
	irq_watch_report();
	fmt_string(line, sizeof(line), "exit %d\n", status & 0xff);
	arch_control_write(line);
	leave(status & 0xff);
}

void power_stop(const char *reason)
{
	arch_irq_disable();
	cpu_stop_others();
	arch_control_write("stop ");
	arch_control_write(reason);
	arch_control_write("\n");
	leave(STOP_STATUS);
}

void power_off(void)
{
	arch_irq_disable();
	cpu_stop_others();
	leave(0);
}

void power_reboot(void)
{
	arch_irq_disable();
	cpu_stop_others();
	arch_reboot();
	leave(0);
}
