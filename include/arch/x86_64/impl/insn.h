/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions the compiler does not emit, one function each. */
#pragma once

#include <stdint.h>

struct insn_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* Not volatile: the answer stays, so that an unused one costs nothing. */
static inline struct insn_cpuid insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct insn_cpuid r;

	__asm__("cpuid"
		: "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
		: "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t insn_msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void insn_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
			 : "memory");
}

static inline uint64_t insn_cr3_read(void)
{
	uint64_t cr3;

	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	return cr3;
}

static inline void insn_cr3_write(uint64_t cr3)
{
	__asm__ volatile("movq %0, %%cr3" ::"r"(cr3) : "memory");
}

static inline uint64_t insn_cr4_read(void)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	return cr4;
}

static inline void insn_cr4_write(uint64_t cr4)
{
	__asm__ volatile("movq %0, %%cr4" ::"r"(cr4) : "memory");
}

static inline void insn_invlpg(uintptr_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

/* MSRs used in more than one file. */
#define MSR_APIC_BASE	 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC	 0x800
#define MSR_GS_BASE	 0xc0000101
