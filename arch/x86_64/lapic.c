/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC [Intel SDM 3A 12], in memory or, where the CPU has that, as registers of its own
 * (x2APIC).
 */
#include <errno.h>

#include <arch/cpu.h>
#include <arch/smp.h>
#include <dev/mmio.h>
#include <impl/insn.h>
#include <impl/trap.h>
#include <kernel/cpu.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

#include "lapic.h"

#define APIC_BASE_ENABLE (1UL << 11)
#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_PA	 0x000ffffffffff000UL

/* NULL: x2APIC. Set once. */
static volatile void *regs;

uint32_t lapic_read(unsigned reg)
{
	return regs ? mmio_read32(regs, reg) : (uint32_t)insn_msr_read(MSR_X2APIC + reg / 16);
}

void lapic_write(unsigned reg, uint32_t value)
{
	if (regs)
		mmio_write32(regs, reg, value);
	else
		insn_msr_write(MSR_X2APIC + reg / 16, value);
}

int lapic_init(void)
{
	if (insn_cpuid(1, 0).ecx >> 21 & 1)
		return 0;
	regs = linear_map_device(insn_msr_read(MSR_APIC_BASE) & APIC_BASE_PA, PAGE_SIZE);
	return regs ? 0 : -ENOMEM;
}

void lapic_init_cpu(void)
{
	uint64_t base = insn_msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	insn_msr_write(MSR_APIC_BASE, regs ? base : base | APIC_BASE_X2APIC);
	lapic_write(LAPIC_PRIORITY, 0);
	lapic_write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LAPIC_LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_SPURIOUS);
}

unsigned lapic_vector(void)
{
	unsigned vector;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(vector) : "i"(CPU_ARCH + CPU_ARCH_VECTOR));
	return vector;
}

void lapic_end(void)
{
	lapic_write(LAPIC_EOI, 0);
}

bool lapic_handle_own(unsigned vector)
{
	if (vector < VECTOR_TIMER)
		return false;
	if (vector < VECTOR_8259)
		lapic_end();
	if (vector == VECTOR_TIMER)
		lapic_timer_interrupt();
	else if (vector == VECTOR_IPI)
		cpu_ipi();
	return true;
}

/* Interrupts off, because the two halves of the command belong together. */
void lapic_send(uint32_t target, uint32_t command)
{
	struct irq_state state;

	if (!regs) {
		/*
		 * Unlike a store, this does not wait for earlier stores to be seen [Intel SDM 3A
		 * 12.12.3].
		 */
		__asm__ volatile("mfence" ::: "memory");
		insn_msr_write(MSR_X2APIC + LAPIC_ICR / 16, (uint64_t)target << 32 | command);
		return;
	}
	state = arch_irq_save();
	while (lapic_read(LAPIC_ICR) & LAPIC_ICR_BUSY)
		arch_cpu_relax();
	lapic_write(LAPIC_ICR_TARGET, target << 24);
	lapic_write(LAPIC_ICR, command);
	arch_irq_restore(state);
}

void arch_ipi_send(struct cpu *cpu)
{
	lapic_send((uint32_t)cpu->hwid, VECTOR_IPI);
}

void arch_ipi_self(struct cpu *cpu)
{
	arch_ipi_send(cpu);
}
