/* SPDX-License-Identifier: BSD-2-Clause */
#define OUTPUT_ARCH_NAME riscv
#include "../image.ld.h"
