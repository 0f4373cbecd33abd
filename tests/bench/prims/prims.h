/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/run.py counts, one row a boot: `prims NAME` does it some times without counting,
 * then `rounds` times between MARK(0) and MARK(1), and prints `rounds N`. A first, cold time is
 * between MARK(2) and MARK(3).
 */
#ifndef PRIMS_H
#define PRIMS_H

#include <abi/mark.h>

#define WARM_UP 16
#define ROUNDS	10000
#define SKIPPED 77 /* exit status: the call does not exist; the last line says why */

struct row {
	const char *name;
	int (*run)(void); /* the rounds done, or a negative errno */
};

/* Each list ends with a name of NULL. */
extern const struct row call_rows[], lock_rows[], switch_rows[], thread_rows[], malloc_rows[],
	file_rows[];

/* Numbers of the same kind on every run. */
unsigned next_random(void);

/* Do `step` WARM_UP times, then ROUNDS times between the marks. A macro: no call is counted. */
#define COUNT(step)                                                                                \
	({                                                                                         \
		for (int count_i = 0; count_i < WARM_UP; count_i++)                                \
			step;                                                                      \
		MARK(0);                                                                           \
		for (int count_i = 0; count_i < ROUNDS; count_i++)                                 \
			step;                                                                      \
		MARK(1);                                                                           \
		ROUNDS;                                                                            \
	})

#endif
