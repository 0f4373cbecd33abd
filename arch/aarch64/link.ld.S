/* SPDX-License-Identifier: BSD-2-Clause */
#define OUTPUT_ARCH_NAME aarch64
#include "../image.ld.h"
