/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in front of the C library's header of this name. It gives up (a damaged heap, abort()) by
 * an instruction that is forbidden to programs elsewhere; here the program may halt the CPU, and
 * would go on at the next interrupt. Trap on all processors.
 */
#include_next <atomic_arch.h>

#undef a_crash
#define a_crash() __builtin_trap()
