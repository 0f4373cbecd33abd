/* SPDX-License-Identifier: BSD-2-Clause */
/* What the assembly of this folder calls, and what it offers beyond include/arch. */
#pragma once

#include <stdint.h>

#include <mem/boot_map.h>

struct trap_frame;

/* boot.S, translation off: find the tree, build the tables. */
struct boot_roots *boot_early(uint64_t fdt, uint64_t image_pa, uint64_t counter);
/* boot.S, at the link address: let other CPUs see the roots. */
void arch_remember_roots(void);

/* vectors.S, with the frame on the kernel or emergency stack. */
void arch_trap_sync(struct trap_frame *frame);
_Noreturn void arch_trap_serror(struct trap_frame *frame);
_Noreturn void arch_trap_overflow(struct trap_frame *frame);

/* memory.S: 0x0bad where there is no semihosting. */
long semihosting_call(unsigned operation, const void *parameter);

/* Entry of the other CPUs. */
extern char secondary_start[];
