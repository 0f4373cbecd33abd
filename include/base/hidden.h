/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included by the build before every file of the kernel. The image is linked from all its parts at
 * once, so what a header declares is reached directly, not through a table of addresses that only
 * relocation fills: boot code that runs before it depends on this. (-fvisibility=hidden speaks of
 * definitions only.)
 */
#pragma GCC visibility push(hidden)
