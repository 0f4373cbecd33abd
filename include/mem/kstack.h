/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guarded eager stacks: kernel stacks (with struct thread at the top), interrupt and emergency
 * stacks. Each has the upper half of a slot of 16 KiB, where bit 13 of every address is set; the
 * lower half is never mapped, so that one bit test sees an overflow. A stack of KSTACK_SMALL has a
 * page more of guard, within the upper half. Thread context or early boot after vm_init().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define KSTACK_SIZE  8192UL /* a power of two; stacks end at a multiple of it */
#define KSTACK_SMALL 4096UL /* interrupt and emergency stacks */

/* Lowest usable address of a new stack of KSTACK_SIZE or KSTACK_SMALL, or 0. */
uintptr_t kstack_alloc(size_t size);

/* Give back one of KSTACK_SIZE. Any context. */
void kstack_free(uintptr_t bottom);

/* Unmap all but so many of those that are kept for later. Thread, no spinlock held. */
void kstack_trim(unsigned keep);
