/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Linux' struct fpsimd_context: magic, size, fpsr, fpcr, v0 to v31. */
#define FPSIMD_FPSR 8
#define FPSIMD_FPCR 12
#define FPSIMD_V    16
#define FPSIMD_SIZE 528

#define ARCH_FPU_BYTES FPSIMD_SIZE
#define ARCH_RED_ZONE  0
