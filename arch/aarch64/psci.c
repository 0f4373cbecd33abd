/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power State Coordination Interface [ARM DEN0022D]: other CPUs, off, reset. And the emulator's
 * ways out.
 */
#include <errno.h>

#include <arch/boot.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <base/str.h>
#include <dev/device.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>

#include "entry.h"

#define PSCI_CPU_ON	  0xc4000003UL
#define PSCI_SYSTEM_OFF	  0x84000008UL
#define PSCI_SYSTEM_RESET 0x84000009UL

#define SEMIHOSTING_WRITE0	  0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define SEMIHOSTING_ABSENT	  0x0bad
#define EXIT_APPLICATION	  0x20026

static enum { CONDUIT_NONE, CONDUIT_HVC, CONDUIT_SMC } conduit;

static long psci_call(unsigned long function, unsigned long a, unsigned long b, unsigned long c)
{
	register unsigned long x0 __asm__("x0") = function;
	register unsigned long x1 __asm__("x1") = a;
	register unsigned long x2 __asm__("x2") = b;
	register unsigned long x3 __asm__("x3") = c;

	if (conduit == CONDUIT_HVC)
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	else if (conduit == CONDUIT_SMC)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	else
		return -ENODEV;
	return (long)(int)x0;
}

static int psci_probe(const struct device *device)
{
	const char *method = device_property_string(device, "method");

	if (method && str_equal(method, "hvc"))
		conduit = CONDUIT_HVC;
	else if (method && str_equal(method, "smc"))
		conduit = CONDUIT_SMC;
	else
		return -EINVAL;
	return 0;
}

int arch_cpu_start(struct cpu *cpu)
{
	uint64_t entry = (uint64_t)secondary_start - ARCH_IMAGE_BASE + arch_boot.image_pa;

	return psci_call(PSCI_CPU_ON, cpu->hwid, entry, (unsigned long)cpu->idle) ? -EIO : 0;
}

void arch_ipi_send(struct cpu *cpu)
{
	irq_controller()->send_ipi(cpu);
}

void arch_ipi_self(struct cpu *cpu)
{
	arch_ipi_send(cpu);
}

bool arch_control_write(const char *text)
{
	static bool absent;

	if (!absent && semihosting_call(SEMIHOSTING_WRITE0, text) == SEMIHOSTING_ABSENT)
		absent = true;
	return !absent;
}

void arch_emulator_exit(int status)
{
	const uint64_t block[2] = {EXIT_APPLICATION, (uint64_t)(unsigned)status};

	semihosting_call(SEMIHOSTING_EXIT_EXTENDED, block);
}

void arch_power_off(void)
{
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void arch_reboot(void)
{
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static const char *const psci_compatible[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};
DRIVER(psci) = {
	.name = "psci", .compatible = psci_compatible, .phase = DRIVER_INTC, .probe = psci_probe};
