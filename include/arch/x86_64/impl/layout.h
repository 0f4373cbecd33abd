/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* 48-bit addresses, one root table for both halves [Intel SDM 3A 4.5]. */
#define ARCH_PT_LEVELS	 4
#define ARCH_ROOTS	 1
#define ARCH_IMAGE_BASE	 0x1000000000
#define ARCH_APP_END	 0x3ffffff000
#define ARCH_LINEAR_BASE 0xffff800000000000
#define ARCH_LINEAR_SIZE 0x400000000000
