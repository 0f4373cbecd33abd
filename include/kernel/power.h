/* SPDX-License-Identifier: BSD-2-Clause */
/* The end. */
#pragma once

#include <stdbool.h>

/*
 * What must be done while threads and devices still work, before the machine is left by its
 * program's end: registered by start hooks (up to four), called by power_end(), in the context of a
 * thread that holds no lock. False: there is nothing.
 */
void power_register_end(void (*end)(void));
bool power_end(void);

/* The program ended: status 0…255 reaches the runner, the machine is left. Any context. */
_Noreturn void power_exit(int status);

/* The kernel stopped: `reason` is one line without newline. Any context. */
_Noreturn void power_stop(const char *reason);

_Noreturn void power_off(void);
_Noreturn void power_reboot(void);

/* A driver's way to switch off (sifive_test, ACPI …), tried before the architecture's. */
void power_register_off(void (*off)(int status));
