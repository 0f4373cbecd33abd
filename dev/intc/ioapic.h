/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the I/O APICs and the messages that pass them by. */
#pragma once

#include <stdbool.h>

/* Does a pin of an I/O APIC belong to the line? Once the controllers are probed. */
bool ioapic_has(unsigned line);
