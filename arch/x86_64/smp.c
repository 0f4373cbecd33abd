/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of other CPUs by INIT and start-up interrupts [Intel SDM 3A 9.4.4]. They begin in real mode
 * in a copy of smp_trampoline (boot.S) at physical address 0: firmware's vectors and variables
 * there are not needed any more.
 */
#include <errno.h>
#include <string.h>

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <impl/insn.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "lapic.h"

#define STARTUP_WAIT_NS (10 * NS_PER_MS)
#define STARTUP_TRIES	500 /* an emulator on a busy machine takes its time */

extern const char smp_trampoline[], smp_trampoline_end[];
extern uint64_t smp_trampoline_cr3, smp_trampoline_cpu, smp_trampoline_entry;
void smp_entry(void);

/* The CPU that begins; it takes this away when it is done with the trampoline. */
static struct cpu *starting;

static uint64_t *in_copy(void *copy, const uint64_t *word)
{
	return (uint64_t *)((char *)copy + ((const char *)word - smp_trampoline));
}

static bool wait_for_start(void)
{
	uint64_t give_up = clock_monotonic_ns() + STARTUP_WAIT_NS;

	while (__atomic_load_n(&starting, __ATOMIC_ACQUIRE)) {
		if (clock_monotonic_ns() > give_up)
			return false;
		arch_cpu_relax();
	}
	return true;
}

int arch_cpu_start(struct cpu *cpu)
{
	char *copy = (char *)linear_map_device(0, PAGE_SIZE);
	bool mapped = pagetable_query(0, NULL, NULL), started = false;

	/* The boot identity entry covers page 0 unless the image was loaded far above it. */
	if (!copy || (!mapped && pagetable_map(0, 0, PAGE_SIZE, PAGE_READ | PAGE_EXEC, false)))
		return -ENOMEM;
	memcpy(copy, smp_trampoline, (size_t)(smp_trampoline_end - smp_trampoline));
	*in_copy(copy, &smp_trampoline_cr3) = insn_cr3_read();
	*in_copy(copy, &smp_trampoline_cpu) = (uint64_t)cpu;
	*in_copy(copy, &smp_trampoline_entry) = (uint64_t)smp_entry;
	cpu->current = cpu->idle;
	__atomic_store_n(&starting, cpu, __ATOMIC_RELEASE);
	lapic_send((uint32_t)cpu->hwid, LAPIC_ICR_INIT);
	for (int i = 0; i < STARTUP_TRIES && !started; i++) {
		lapic_send((uint32_t)cpu->hwid, LAPIC_ICR_STARTUP);
		started = wait_for_start();
	}
	if (!mapped)
		pagetable_unmap(0, PAGE_SIZE, NULL, NULL);
	arch_tlb_flush_local(0, PAGE_SIZE);
	return started ? 0 : -EIO;
}

/* From boot.S, on the stack of its idle thread. */
_Noreturn void smp_cpu_start(struct cpu *cpu);

_Noreturn void smp_cpu_start(struct cpu *cpu)
{
	arch_cpu_init_self(cpu);
	__atomic_store_n(&starting, NULL, __ATOMIC_RELEASE);
	cpu_secondary_main();
	__builtin_unreachable();
}
