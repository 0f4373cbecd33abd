/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Much of everything in one boot. A test returns NULL, or why it failed; what it took must be back
 * afterwards: threads, descriptors, memory. It is run with a scale: 1 in the ordinary run, 250
 * with the argument `long`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 8
#define MS	 1000000ull

struct stress {
	const char *name;
	const char *(*run)(unsigned scale);
};

extern const struct stress thread_stress[], semaphore_stress[], cancel_stress[], timer_stress[],
	native_stress[], memory_stress[];

unsigned cpus(void);
uint64_t now_ns(void);

/* Bind the calling thread to a CPU; counted around the CPUs there are. */
void bind_to(unsigned cpu);

/* A sequence of numbers of one's own. */
uint32_t random_next(uint32_t *state);

#define CHECK(condition, why)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return why;                                                                \
	} while (0)
