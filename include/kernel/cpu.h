/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUs of the machine. struct cpu 0 is static; the others are allocated at boot from what the
 * firmware lists. Fields are the CPU's own, touched with interrupts off, unless said otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <kernel/offsets.h>

#define CPU_MAX	       8 /* more in the machine: refused with a message at boot */
#define ARCH_CPU_BYTES 384

struct run_queue;
struct thread;

struct cpu {
	struct cpu *self;
	struct thread *current; /* read by other CPUs under the run queue lock */
	uintptr_t irq_stack_top;
	uintptr_t emergency_top;
	uint32_t need_resched; /* set by anybody, together with an IPI when remote */
	uint32_t index;	       /* dense, 0 is the boot CPU */
	uint64_t hwid;
	struct thread *idle;
	uint32_t online; /* set by the CPU itself when it can run threads; atomic */
	uint32_t ipi_work;
	uint8_t arch[ARCH_CPU_BYTES] __attribute__((aligned(64)));
	struct run_queue *run_queue; /* the scheduler's */
	uint64_t timer_set;	     /* counter value its timer is set to */
	uint64_t tlb_seen;	     /* kernel/tlb.h; written by the CPU itself, atomic */
	uint32_t tlb_idle;	     /* likewise */
};

extern struct cpu cpu_boot;
extern struct cpu *cpu_list[CPU_MAX];
extern unsigned cpu_count; /* CPUs that are online */

/* The calling CPU; interrupts off. */
static inline struct cpu *cpu_self(void)
{
	return arch_cpu_current();
}

/* Boot table rows: allocate stacks of the boot CPU; start the others. */
void cpu_init_boot(void);
void cpu_start_all(void);

/*
 * Upcalls from arch: first C code of another CPU, on its idle thread; and the inter-processor
 * interrupt.
 */
void cpu_secondary_main(void);
void cpu_ipi(void);

/* Run fn(arg) on every other online CPU and wait until all did. No spinlock held. */
void cpu_call_others(void (*fn)(void *arg), void *arg);

/* For kernel/tlb.c: interrupt another CPU so that it runs tlb_catch_up(). */
void cpu_ask_tlb(struct cpu *cpu);

/* For kernel/irq_again.c: interrupt the calling CPU so that it runs `fn`. Interrupts off. */
void cpu_ask_self(void (*fn)(struct cpu *cpu));

/* Stop all other CPUs for good (panic). Any context. */
void cpu_stop_others(void);
