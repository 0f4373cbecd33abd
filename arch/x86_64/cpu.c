/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU: first C code, features, floating point, name, randomness. */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/str.h>
#include <impl/control.h>
#include <impl/insn.h>
#include <mem/boot_map.h>

#include "cpu_arch.h"

/* Components of the extended state that are saved [Intel SDM 1 13.1]: x87, SSE, AVX, AVX-512. */
#define XCR0_WANTED 0xe7u

struct arch_boot arch_boot;
struct cpu_features cpu_features;

static bool bit(uint32_t word, unsigned index)
{
	return word >> index & 1;
}

static uint32_t apic_id(void)
{
	/* The extended topology leaf has all 32 bits of it [Intel SDM 2A CPUID 0bh]. */
	if (insn_cpuid(0, 0).eax >= 0xb && insn_cpuid(0xb, 0).ebx)
		return insn_cpuid(0xb, 0).edx;
	return insn_cpuid(1, 0).ebx >> 24;
}

static void xsave_init(void)
{
	uint32_t mask = insn_cpuid(0xd, 0).eax & XCR0_WANTED;

	__asm__ volatile("xsetbv" ::"a"(mask), "d"(0), "c"(0));
	cpu_features.xsave_mask = mask;
	/* Volatile: the size depends on what was just enabled. */
	uint32_t bytes, eax = 0xd, ecx = 0;

	__asm__ volatile("cpuid" : "=b"(bytes), "+a"(eax), "+c"(ecx)::"edx");
	cpu_features.fpu_bytes = bytes;
}

void arch_cpu_init_self(struct cpu *cpu)
{
	const uint32_t mxcsr = MXCSR_RESET;
	uint64_t cr4 = CR4_BOOT | CR4_MCE;
	uint32_t features = insn_cpuid(1, 0).ecx, extended = 0;

	insn_msr_write(MSR_GS_BASE, (uint64_t)cpu);
	descriptors_load(cpu);
	if (insn_cpuid(0, 0).eax >= 7)
		extended = insn_cpuid(7, 0).ebx;
	if (bit(extended, 0))
		cr4 |= CR4_FSGSBASE;
	if (bit(extended, 7))
		cr4 |= CR4_SMEP;
	if (extended && bit(insn_cpuid(7, 0).ecx, 2))
		cr4 |= CR4_UMIP;
	if (bit(features, 26))
		cr4 |= CR4_OSXSAVE;
	insn_cr4_write(cr4);
	__asm__ volatile("fninit\n\tldmxcsr %0" ::"m"(mxcsr));
	cpu_features.fsgsbase = bit(extended, 0);
	cpu_features.tsc_deadline = bit(features, 24);
	cpu_features.fpu_bytes = 512;
	if (bit(features, 26))
		xsave_init();
}

/*
 * From boot.S at the link address, on the boot stack below `idle`. Until cpu_init_boot() has a
 * stack for emergencies, they use the lower half of the boot stack.
 */
void boot_cpu_start(uint64_t info_pa, uint64_t image_pa, uint64_t counter, struct thread *idle);

void boot_cpu_start(uint64_t info_pa, uint64_t image_pa, uint64_t counter, struct thread *idle)
{
	cpu_boot.self = &cpu_boot;
	cpu_boot.current = idle;
	cpu_boot.emergency_top = (uintptr_t)__boot_stack_bottom + 4096;
	arch_cpu_init_self(&cpu_boot);
	arch_boot = (struct arch_boot){
		.image_pa = image_pa,
		.info_pa = info_pa,
		.hwid = apic_id(),
		.entry_counter = counter,
	};
}

/* All of it was done before the first line that could fail. */
void arch_cpu_init(void)
{
}

bool arch_random(uint64_t *value)
{
	uint8_t ok = 0;

	if (!bit(insn_cpuid(1, 0).ecx, 30))
		return false;
	/* Ten tries are enough unless the source is broken [Intel SDM 1 7.3.17.1]. */
	for (int i = 0; i < 10 && !ok; i++)
		__asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(*value), "=qm"(ok)::"cc");
	return ok;
}

void arch_cpu_name(char *buffer, unsigned size)
{
	struct insn_cpuid words[4] = {0};
	const char *name = (const char *)words;

	if (insn_cpuid(0x80000000, 0).eax >= 0x80000004)
		for (unsigned i = 0; i < 3; i++)
			words[i] = insn_cpuid(0x80000002 + i, 0);
	while (*name == ' ')
		name++;
	str_copy(buffer, name, size);
}
