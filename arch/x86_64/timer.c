/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counter and one-shot timer. The counter is the TSC. The timer is the local APIC's: it compares
 * with the TSC itself where the CPU can do that, else it counts down at a rate of its own, which is
 * measured against the TSC on the way: each measurement can only take it for slower than it is, so
 * the largest is the best one and the timer is never late; if it was early it is set again.
 */
#include <arch/cpu.h>
#include <base/bits.h>
#include <impl/insn.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/timer.h>

#include "cpu_arch.h"
#include "lapic.h"

#define DIVIDE_BY_16 3
#define TICKS_MAX    UINT32_MAX

#define HYPERVISOR_LEAF	      0x40000000
#define HYPERVISOR_RATES_LEAF 0x40000010

static uint64_t counter_rate;

/*
 * Timer ticks per TSC tick, times 2^32. Other CPUs may raise it at the same time: any value will
 * do.
 */
static uint64_t ratio;

/*
 * From the crystal [Intel SDM 2A CPUID 15h], or from the hypervisor [VMware's generic CPUID
 * interface, leaf 40000010h, which others took over], in kHz.
 */
static uint64_t rate_from_cpuid(void)
{
	if (insn_cpuid(0, 0).eax >= 0x15) {
		struct insn_cpuid r = insn_cpuid(0x15, 0);

		if (r.eax && r.ebx && r.ecx)
			return (uint64_t)r.ecx * r.ebx / r.eax;
	}
	if (insn_cpuid(1, 0).ecx >> 31 &&
	    insn_cpuid(HYPERVISOR_LEAF, 0).eax >= HYPERVISOR_RATES_LEAF)
		return insn_cpuid(HYPERVISOR_RATES_LEAF, 0).eax * 1000UL;
	return 0;
}

uint64_t arch_counter_rate(void)
{
	if (!counter_rate)
		counter_rate = rate_from_cpuid();
	if (!counter_rate)
		counter_rate = kvm_counter_rate();
	if (!counter_rate)
		counter_rate = clock_reference_rate();
	return counter_rate;
}

void arch_counter_set_rate(uint64_t hz)
{
	counter_rate = hz;
}

void arch_timer_init_cpu(void)
{
	struct cpu_arch *arch = cpu_arch(cpu_self());

	arch->timer_deadline = UINT64_MAX;
	if (cpu_features.tsc_deadline) {
		lapic_write(LAPIC_LVT_TIMER, LAPIC_TIMER_BY_TSC | VECTOR_TIMER);
		/* The deadline's register is no memory: it must not overtake the write above. */
		__asm__ volatile("mfence" ::: "memory");
	} else {
		lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
		lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	}
	if (cpu_self() != &cpu_boot)
		return;
	/* Let it run for a first measurement; the boot CPU comes first, so the others need none. */
	arch->timer_armed = arch_counter_read();
	lapic_write(LAPIC_TIMER_INITIAL, TICKS_MAX);
	clock_reference_watch();
}

/* `ticks` of the timer took no longer than from timer_armed to now. */
static void measure(struct cpu_arch *arch, uint32_t ticks, uint64_t now)
{
	uint64_t found = ((uint64_t)ticks << 32) / (now - arch->timer_armed);

	if (found > ratio)
		ratio = found;
}

static void timer_start(struct cpu_arch *arch, uint64_t now)
{
	uint64_t left = arch->timer_deadline > now ? arch->timer_deadline - now : 0;
	unsigned __int128 ticks = (unsigned __int128)left * ratio >> 32;

	arch->timer_ticks = ticks >= TICKS_MAX ? TICKS_MAX : ticks ? (uint32_t)ticks : 1;
	arch->timer_armed = now;
	lapic_write(LAPIC_TIMER_INITIAL, arch->timer_ticks);
}

void arch_timer_set(uint64_t deadline)
{
	struct cpu_arch *arch = cpu_arch(cpu_self());

	arch->timer_deadline = deadline;
	if (cpu_features.tsc_deadline) {
		insn_msr_write(MSR_TSC_DEADLINE, deadline == UINT64_MAX ? 0 : deadline);
		return;
	}
	while (!ratio) {
		uint32_t ticks = TICKS_MAX - lapic_read(LAPIC_TIMER_CURRENT);

		measure(arch, ticks, arch_counter_read());
	}
	if (deadline == UINT64_MAX)
		lapic_write(LAPIC_TIMER_INITIAL, 0);
	else
		timer_start(arch, arch_counter_read());
}

void lapic_timer_interrupt(void)
{
	struct cpu_arch *arch = cpu_arch(cpu_self());
	uint64_t now = arch_counter_read();

	if (arch->timer_deadline == UINT64_MAX)
		return;
	if (!cpu_features.tsc_deadline) {
		/* Still counting: this is an earlier setting's interrupt, which was on its way. */
		bool done = lapic_read(LAPIC_TIMER_CURRENT) == 0;

		if (done)
			measure(arch, arch->timer_ticks, now);
		if (now < arch->timer_deadline) {
			if (done)
				timer_start(arch, now);
			return;
		}
	}
	arch->timer_deadline = UINT64_MAX;
	timer_interrupt();
}
