/* SPDX-License-Identifier: BSD-2-Clause */
/* What cyclictest prints, and the 99th of a hundred beside it. */
#include <stdio.h>

#include "latency.h"

static int64_t average(const struct series *series)
{
	int64_t unit = options.ns ? 1 : 1000;

	return series->done ? series->sum_ns / series->done / unit : 0;
}

/* The least bin that 99 of 100 do not exceed; past the bins: the longest. */
static int64_t most_of(const struct series *series)
{
	long seen = 0, wanted = series->done - series->done / 100;

	for (long bin = 0; bin < options.bins; bin++) {
		seen += series->bins[bin];
		if (seen >= wanted)
			return bin;
	}
	return series->max;
}

void report_series(const struct series *series, int count)
{
	for (int i = 0; i < count; i++, series++)
		printf("T:%2d P:%2d I:%ld C:%7ld Min:%7lld Act:%5lld Avg:%5lld P99:%5lld "
		       "Max:%8lld\n",
		       series->number, options.priority - i > 0 ? options.priority - i : 1,
		       (long)(series->interval_ns / 1000), series->done, (long long)series->min,
		       (long long)series->last, (long long)average(series),
		       (long long)most_of(series), (long long)series->max);
}

static void row(const char *name, const struct series *series, int count,
		int64_t (*value)(const struct series *))
{
	printf("# %s:", name);
	for (int i = 0; i < count; i++)
		printf(" %05lld", (long long)value(&series[i]));
	printf("\n");
}

static int64_t done(const struct series *series)
{
	return series->done;
}

static int64_t least(const struct series *series)
{
	return series->min;
}

static int64_t most(const struct series *series)
{
	return series->max;
}

static int64_t overflows(const struct series *series)
{
	return series->bins[options.bins];
}

void report_histogram(const struct series *series, int count)
{
	printf("# Histogram, %s\n", options.ns ? "ns" : "us");
	for (long bin = 0; bin < options.bins; bin++) {
		unsigned long any = 0;

		for (int i = 0; i < count; i++)
			any |= series[i].bins[bin];
		/* Empty lines are left out. */
		if (!any)
			continue;
		printf("%06ld", bin);
		for (int i = 0; i < count; i++)
			printf("%c%06u", i ? '\t' : ' ', (unsigned)series[i].bins[bin]);
		printf("\n");
	}
	row("Total", series, count, done);
	row("Min Latencies", series, count, least);
	row("Avg Latencies", series, count, average);
	row("P99 Latencies", series, count, most_of);
	row("Max Latencies", series, count, most);
	row("Histogram Overflows", series, count, overflows);
}
