/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the architecture's entry code hands over. */
#pragma once

/*
 * Upcall: the boot CPU, at the link address, on the boot stack, after thread_init_boot(); arch_boot
 * is filled, interrupts are off.
 */
_Noreturn void kmain(void);
