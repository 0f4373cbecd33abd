/* SPDX-License-Identifier: BSD-2-Clause */
/* The wall clock by a server's. Lock held. */
#pragma once

#include <stdbool.h>

/* Is a server asked? What the boot line says. */
bool sntp_start(void);

/* Each second, then. */
void sntp_tick(void);
