/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The format of XSAVE with all that fits on a kernel stack (AVX-512 and keys), or of FXSAVE. */
#define ARCH_FPU_BYTES 2752
#define ARCH_RED_ZONE  128
