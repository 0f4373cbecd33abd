/* SPDX-License-Identifier: BSD-2-Clause */
/* Set-up of a hart, the timer, randomness. */
#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/fmt.h>
#include <impl/sbi.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>

#include "tlb.h"

#define SEED_TRIES 1000
#define SEED_READY 2
#define SEED_DEAD  3

/* firmware.S */
bool sstc_probe(void);
bool seed_read(uint32_t *value);

static uint64_t counter_rate;
static bool has_sstc;

void arch_cpu_init_self(struct cpu *cpu)
{
	tlb_init_self(cpu);
	csr_write(CSR_SIE, 1 << IRQ_SOFTWARE | 1 << IRQ_EXTERNAL);
}

void arch_cpu_init(void)
{
	has_sstc = sstc_probe();
	arch_cpu_init_self(&cpu_boot);
}

uint64_t arch_counter_rate(void)
{
	return counter_rate;
}

void arch_counter_set_rate(uint64_t hz)
{
	counter_rate = hz;
}

/*
 * The interrupt is pending for as long as the deadline lies in the past [Sstc 1.0; SBI 1.0, 6.1].
 */
void arch_timer_set(uint64_t deadline)
{
	if (has_sstc)
		csr_write(CSR_STIMECMP, deadline);
	else if (sbi_call(deadline, 0, 0, 0, 0, 0, SBI_TIME_SET, SBI_TIME).error)
		sbi_call(deadline, 0, 0, 0, 0, 0, 0, SBI_LEGACY_SET_TIMER);
}

void arch_timer_init_cpu(void)
{
	arch_timer_set(UINT64_MAX);
	csr_set(CSR_SIE, 1 << IRQ_TIMER);
}

/*
 * The entropy source gives 16 bits at a time [Zkr 1.0.1, 4.1]. Finding out that there is none
 * takes a detour through the firmware, so it is asked only where the firmware gave no seed.
 */
bool arch_random(uint64_t *value)
{
	static bool absent;
	unsigned words = 0;
	uint32_t seed;

	for (unsigned i = 0; i < SEED_TRIES && words < 4 && !absent && !boot_info.seed_size; i++) {
		if (!seed_read(&seed) || seed >> 30 == SEED_DEAD) {
			absent = true;
		} else if (seed >> 30 == SEED_READY) {
			*value = *value << 16 | (seed & 0xffff);
			words++;
		}
	}
	return words == 4;
}

void arch_cpu_name(char *buffer, unsigned size)
{
	unsigned long id[3];

	for (unsigned i = 0; i < 3; i++)
		id[i] = (unsigned long)sbi_call(0, 0, 0, 0, 0, 0, SBI_BASE_MVENDORID + i, SBI_BASE)
				.value;
	fmt_string(buffer, size, "vendor %lx arch %lx version %lx", id[0], id[1], id[2]);
}
