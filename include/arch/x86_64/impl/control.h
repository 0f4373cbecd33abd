/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control registers, descriptors and selectors, for C and assembly: plain numbers only
 * [Intel SDM 3A 2.5, 3.4].
 */
#pragma once

#define CR0_BOOT 0x80010033 /* PG WP NE ET MP PE */
#define CR4_BOOT 0x620	    /* OSXMMEXCPT OSFXSR PAE */

#define CR4_MCE	     (1 << 6)
#define CR4_UMIP     (1 << 11)
#define CR4_FSGSBASE (1 << 16)
#define CR4_OSXSAVE  (1 << 18)
#define CR4_SMEP     (1 << 20)

/* All floating-point exceptions masked, rounding to nearest. */
#define MXCSR_RESET 0x1f80

#define MSR_EFER  0xc0000080
#define EFER_BOOT 0x900 /* NXE LME */

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS  0x18

/* Flat, present, accessed: the CPU need not write them. */
#define GDT_CODE 0x00209b0000000000
#define GDT_DATA 0x0000930000000000

/* Offsets in struct cpu_features (arch/x86_64/cpu_arch.h). */
#define FEATURES_FSGSBASE   0
#define FEATURES_XSAVE_MASK 4
#define FEATURES_FPU_BYTES  8
