/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual layout of a CPU, the same on every board.
 *
 *   0                                never mapped (page 0 and everything below the image)
 *   ARCH_IMAGE_BASE                  the image: text, constants, data
 *   page after the image             regions: stacks, heap, mmap
 *   ARCH_APP_END                     end of what an application address can be
 *   ARCH_LINEAR_BASE + pa            RAM and devices, for the kernel alone
 */
#pragma once

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (PAGE_SIZE - 1)
#define PT_ENTRIES 512 /* entries of one table, on all three CPUs */

#include <impl/layout.h>
/*
 * impl/layout.h defines ARCH_IMAGE_BASE, ARCH_APP_END, ARCH_LINEAR_BASE, ARCH_LINEAR_SIZE,
 * ARCH_PT_LEVELS (3 or 4), ARCH_ROOTS (2 where the halves have separate root tables, else 1).
 * Usable from assembly and link scripts: plain numbers only.
 */
