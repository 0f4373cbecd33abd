/* SPDX-License-Identifier: BSD-2-Clause */
/* The end. */
#pragma once

/* The program ended: status 0…255 reaches the runner, the machine is left. Any context. */
_Noreturn void power_exit(int status);

/* The kernel stopped: `reason` is one line without newline. Any context. */
_Noreturn void power_stop(const char *reason);

_Noreturn void power_off(void);
_Noreturn void power_reboot(void);

/* A driver's way to switch off (sifive_test, ACPI …), tried before the architecture's. */
void power_register_off(void (*off)(int status));
