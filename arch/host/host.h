/* SPDX-License-Identifier: BSD-2-Clause */
/* What unit tests can tell the host machine, and ask it. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * memory.c: physical addresses [0, ARCH_LINEAR_SIZE) exist, as zeroes until they are written. Gives
 * all of it back, makes a new root table at `root_pa`, and puts the image's symbols at `image_pa`.
 */
void host_memory_reset(uint64_t root_pa, uint64_t image_pa);

/* All of [pa, pa + size) becomes frames, with their map at its end. */
void host_add_frames(uint64_t pa, uint64_t size);

#define HOST_IMAGE_SIZE 0x20000UL

/* Calls so far, and bytes of the last one. */
extern unsigned host_tlb_flushes;
extern uintptr_t host_tlb_va;
extern size_t host_tlb_size;
extern bool host_tlb_lags;
extern uint64_t host_tlb_newest, host_tlb_done;

/*
 * stop.c: panic() and power_stop() come here with their words. Returns 0 at first, then 1 for each.
 */
extern jmp_buf host_stop;
extern bool host_stop_wanted;
extern char host_stop_reason[256];
#define HOST_STOPS(statement)                                                                      \
	({                                                                                         \
		volatile bool stopped_ = true;                                                     \
		host_stop_wanted = true;                                                           \
		if (!setjmp(host_stop)) {                                                          \
			statement;                                                                 \
			stopped_ = false;                                                          \
		}                                                                                  \
		host_stop_wanted = false;                                                          \
		stopped_;                                                                          \
	})

/* single.c: one CPU, one thread; the counter counts up by this at each look. */
extern uint64_t host_counter, host_counter_step;
/* Called once, before the next look: what happens while a reader is at it. */
extern void (*host_counter_hook)(void);
extern bool host_irqs_on;
