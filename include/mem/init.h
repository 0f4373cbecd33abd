/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot table rows of memory. */
#pragma once

/* Linear map, frames, regions. Early boot, after arch_boot_discover(). */
void mem_init(void);

/* The device tree's memory is free from here on. After the last driver was probed. */
void mem_release_firmware(void);
