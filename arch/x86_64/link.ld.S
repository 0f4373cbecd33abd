/* SPDX-License-Identifier: BSD-2-Clause */
#define OUTPUT_ARCH_NAME i386:x86-64
#define PVH_ENTRY _start
#include "../image.ld.h"
