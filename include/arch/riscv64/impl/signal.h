/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* f0 to f31, fcsr: the C library's struct __riscv_mc_d_ext_state. */
#define FPU_AREA_FCSR 256

#define ARCH_FPU_BYTES 264
#define ARCH_RED_ZONE  0
