/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU's own interrupt controller: what the I/O APIC's driver needs of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Once, before anything else; early boot after frames. 0 or -ENOMEM. */
int lapic_init(void);

/* Switch on the calling CPU's. Interrupts off. */
void lapic_init_cpu(void);

/* Vector of the interrupt that is being served by the calling CPU. Trap time. */
unsigned lapic_vector(void);

/* The interrupt is served; the next may come. Trap time. */
void lapic_end(void);

/* The CPU's own interrupts (timer, call by another CPU): true if `vector` was one and is served. */
bool lapic_handle_own(unsigned vector);
