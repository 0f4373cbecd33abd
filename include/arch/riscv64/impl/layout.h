/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Sv39: three levels, one root table for both halves [RISC-V privileged 1.12, 4.4]. */
#define ARCH_PT_LEVELS	 3
#define ARCH_ROOTS	 1
#define ARCH_IMAGE_BASE	 0x1000000000
#define ARCH_APP_END	 0x3ffffff000
#define ARCH_LINEAR_BASE 0xffffffc000000000
#define ARCH_LINEAR_SIZE 0x4000000000
