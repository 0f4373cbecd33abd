/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the machine, and the runner's side channel. */
#pragma once

#include <stdbool.h>

/*
 * Write a string to the control channel of the runner (debug console port, semihosting console).
 * False, at no cost, where there is none. Any context.
 */
bool arch_control_write(const char *text);

/*
 * Leave the machine with a status the emulator can hand to its caller, where there is such a way;
 * returns if there is none (then power_off() goes on to the firmware's ways). Any context,
 * interrupts off.
 */
void arch_emulator_exit(int status);

/* Switch off or restart through the firmware; return if it cannot. Interrupts off. */
void arch_power_off(void);
void arch_reboot(void);
