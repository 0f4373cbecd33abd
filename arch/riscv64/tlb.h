/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct cpu;

/* The calling hart has translation on: from now on it is told what changes. Interrupts off. */
void tlb_init_self(struct cpu *cpu);
