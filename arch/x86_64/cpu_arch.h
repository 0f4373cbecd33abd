/* SPDX-License-Identifier: BSD-2-Clause */
/* The architecture's part of struct cpu, and what the files of this folder share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <impl/control.h>
#include <impl/trap.h>
#include <kernel/cpu.h>

/*
 * The CPU pushes a frame on these and the entry code three registers more; then both are copied
 * away (vectors.S). No C code runs here, so 80 bytes are all that is ever used.
 */
struct trap_stack {
	uint64_t words[10];
} __attribute__((aligned(16)));

/* Task state segment [Intel SDM 3A 8.7]. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __attribute__((packed));

struct cpu_arch {
	uint32_t vector;	 /* of the interrupt being served; set by vectors.S */
	uint64_t timer_armed;	 /* counter value when the timer was set */
	uint64_t timer_deadline; /* UINT64_MAX: none */
	uint32_t timer_ticks;	 /* it was set to */
	struct tss tss;
	uint64_t gdt[5]; /* null, code, data, TSS (two entries) */
	struct trap_stack trap_stack;
	struct trap_stack fatal_stack; /* NMI, double fault, machine check */
};

_Static_assert(sizeof(struct cpu_arch) <= ARCH_CPU_BYTES, "ARCH_CPU_BYTES");
_Static_assert(offsetof(struct cpu_arch, vector) == CPU_ARCH_VECTOR, "CPU_ARCH_VECTOR");

static inline struct cpu_arch *cpu_arch(struct cpu *cpu)
{
	return (struct cpu_arch *)cpu->arch;
}

/*
 * What the CPUs have; all are taken to be equal. Set by the boot CPU's first arch_cpu_init_self().
 */
struct cpu_features {
	uint32_t fsgsbase;
	uint32_t xsave_mask; /* XCR0; 0: FXSAVE only */
	uint32_t fpu_bytes;  /* of the save area */
	bool tsc_deadline;
};
_Static_assert(offsetof(struct cpu_features, fsgsbase) == FEATURES_FSGSBASE, "FEATURES_FSGSBASE");
_Static_assert(offsetof(struct cpu_features, xsave_mask) == FEATURES_XSAVE_MASK,
	       "FEATURES_XSAVE_MASK");
_Static_assert(offsetof(struct cpu_features, fpu_bytes) == FEATURES_FPU_BYTES,
	       "FEATURES_FPU_BYTES");
extern struct cpu_features cpu_features;

/* GDT, task state and IDT of the calling CPU, which is `cpu` (idt.c). */
void descriptors_load(struct cpu *cpu);

/* The last way to restart a machine (idt.c). */
_Noreturn void triple_fault(void);

/* Rate of the TSC as the hypervisor KVM tells it, or 0 (kvmclock.c). Early boot. */
uint64_t kvm_counter_rate(void);
