/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LATENCY_H
#define LATENCY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S    1000000000
#define BINS_MAX    100000
#define THREADS_MAX 16

struct options {
	long interval_us, distance_us, loops;
	int threads, priority, load;
	bool quiet, ns, histogram;
	long bins;
};

/* What one thread measured; times in the unit shown, us or ns. */
struct series {
	pthread_t thread;
	int number;
	int64_t interval_ns;
	long done, early;
	int64_t min, max, last, sum_ns;
	uint32_t *bins; /* one more than options.bins: what is longer */
};

extern struct options options;

/* 0, or prints what is wrong and returns what main should. -1: help was asked for. */
int options_parse(int argc, char **argv);

/* The load: threads that compute, call the system and give way, until load_stop(). 0 or errno. */
int load_start(int threads);
void load_stop(void);

/* Text as cyclictest writes it. */
void report_series(const struct series *series, int count);
void report_histogram(const struct series *series, int count);

#endif
