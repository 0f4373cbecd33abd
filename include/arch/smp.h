/* SPDX-License-Identifier: BSD-2-Clause */
/* Other CPUs. `hwid` is MPIDR affinity, APIC id or hart id; the dense index is struct cpu's. */
#pragma once

#include <stdint.h>

struct cpu;

/*
 * Start a CPU: it enters the image, takes cpu->idle as its current thread and calls
 * cpu_secondary_main() (an upcall, kernel/cpu.h) on that thread's kernel stack with interrupts off.
 * Returns 0 or a negative errno when the firmware refuses; the caller waits for cpu->online.
 * Boot CPU, identity entry present.
 */
int arch_cpu_start(struct cpu *cpu);

/* Interrupt another CPU so that it runs cpu_ipi() (kernel/cpu.h). Any context. */
void arch_ipi_send(struct cpu *cpu);

/* The same to the calling CPU, which is interrupted as soon as interrupts are on. */
void arch_ipi_self(struct cpu *cpu);

/* Per-CPU set-up of the calling CPU: vectors, trap stacks, control registers. Interrupts off. */
void arch_cpu_init_self(struct cpu *cpu);
