/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets that assembly and tools/runner/core.py need; kernel/offsets.c asserts each against the
 * structure. Plain numbers only.
 */
#pragma once

#define THREAD_CPU	  0  /* struct cpu *: where it runs or last ran */
#define THREAD_KSP	  8  /* saved kernel stack pointer while not running */
#define THREAD_TP	  16 /* saved thread pointer (TPIDR_EL0, FS base, tp) while not running */
#define THREAD_PENDING	  24 /* uint32_t: work before returning to application mode */
#define THREAD_ID	  84
#define THREAD_NAME	  88
#define THREAD_TABLE_NODE 152
#define THREAD_SIZE	  512 /* struct thread has the top THREAD_SIZE bytes of its kernel stack */

#define CPU_SELF	  0  /* struct cpu *: its own address */
#define CPU_CURRENT	  8  /* struct thread * */
#define CPU_IRQ_STACK_TOP 16 /* empty top of the interrupt stack */
#define CPU_EMERGENCY_TOP 24 /* empty top of the emergency stack */
#define CPU_NEED_RESCHED  32 /* uint32_t */
#define CPU_IDLE	  48 /* struct thread * */
#define CPU_ARCH	  64 /* ARCH_CPU_BYTES bytes that belong to the architecture */
