/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* 39-bit addresses in both halves: three levels, one root table each (TTBR0, TTBR1). */
#define ARCH_PT_LEVELS	 3
#define ARCH_ROOTS	 2
#define ARCH_IMAGE_BASE	 0x1000000000
#define ARCH_APP_END	 0x3ffffff000
#define ARCH_LINEAR_BASE 0xffffff8000000000
#define ARCH_LINEAR_SIZE 0x8000000000
