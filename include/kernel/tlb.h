/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What CPUs remember of the page table, where an instruction makes only its own CPU forget
 * (ARCH_TLB_BROADCAST is 0, arch/mmu.h). Each change that takes something away has a number. The
 * other CPUs are asked by an interrupt to catch up with the newest number; nobody has to wait for
 * them until something is to be used again that they may remember:
 *
 *   clear the entries; n = tlb_change(range); ...; tlb_is_done(n): now the frames may be free
 *
 * An idle CPU is not asked: it catches up when it wakes, before it can touch what changed. One that
 * was asked and did not answer yet is not asked again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/*
 * Entries of [va, va + size) were cleared or their rights reduced. The calling CPU has forgotten
 * them, the others are told. Thread or early boot.
 */
uint64_t tlb_change(uintptr_t va, size_t size);

/* Has every CPU caught up with that change. Any context. */
bool tlb_is_done(uint64_t change);

/* Wait for it. Thread with interrupts on, or early boot; no spinlock held. */
void tlb_await(uint64_t change);

/* The calling CPU was asked. Interrupts off. */
void tlb_catch_up(struct cpu *self);

/*
 * The calling CPU is about to wait for interrupts; it does so no more, and an interrupt's handler
 * has not begun. In between it uses its own stacks, the kernel's image and the linear map only.
 * Interrupts off.
 */
void tlb_idle_begin(struct cpu *self);
void tlb_idle_end(struct cpu *self);
