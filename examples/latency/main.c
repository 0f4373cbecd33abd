/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How late do threads wake? Each sleeps until absolute times, one interval apart, and notes how
 * long after them it runs, while others keep the CPUs busy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latency.h"

static struct series series[THREADS_MAX];

static int64_t ns_between(const struct timespec *from, const struct timespec *to)
{
	return (int64_t)(to->tv_sec - from->tv_sec) * NS_PER_S + to->tv_nsec - from->tv_nsec;
}

static void add_ns(struct timespec *time, int64_t ns)
{
	ns += time->tv_nsec;
	time->tv_sec += ns / NS_PER_S;
	time->tv_nsec = ns % NS_PER_S;
}

static void note(struct series *mine, int64_t ns)
{
	int64_t late = options.ns ? ns : ns / 1000;

	mine->early += ns < 0;
	if (late < 0)
		late = 0;
	mine->bins[late < options.bins ? late : options.bins]++;
	if (!mine->done || late < mine->min)
		mine->min = late;
	if (late > mine->max)
		mine->max = late;
	mine->last = late;
	mine->sum_ns += ns;
	mine->done++;
}

static void *measure(void *arg)
{
	struct series *mine = arg;
	struct timespec next, now;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (mine->done < options.loops) {
		add_ns(&next, mine->interval_ns);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
		note(mine, ns_between(&next, &now));
		/* Turns that were missed are not made up for. */
		while (ns_between(&next, &now) > mine->interval_ns)
			add_ns(&next, mine->interval_ns);
	}
	return NULL;
}

static int start(struct series *mine, int number)
{
	struct sched_param param = {.sched_priority = options.priority - number};
	pthread_attr_t attr;

	if (param.sched_priority < 1)
		param.sched_priority = 1;
	mine->number = number;
	mine->interval_ns = (options.interval_us + number * options.distance_us) * INT64_C(1000);
	mine->bins = calloc((size_t)options.bins + 1, sizeof(*mine->bins));
	if (!mine->bins)
		return ENOMEM;
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	return pthread_create(&mine->thread, &attr, measure, mine);
}

int main(int argc, char **argv)
{
	int wrong = options_parse(argc, argv), error, started = 0;
	long early = 0;

	if (wrong)
		return wrong;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!options.quiet)
		printf("# latency: %d threads, %ld rounds, load of %d threads, times in %s\n",
		       options.threads, options.loops, options.load, options.ns ? "ns" : "us");
	error = load_start(options.load);
	for (; !error && started < options.threads; started++)
		error = start(&series[started], started);
	for (int i = 0; i < started && series[i].thread; i++)
		pthread_join(series[i].thread, NULL);
	load_stop();
	if (error) {
		fprintf(stderr, "latency: a thread cannot be started: %s\n", strerror(error));
		return 1;
	}
	report_series(series, started);
	if (options.histogram)
		report_histogram(series, started);
	for (int i = 0; i < started; i++)
		early += series[i].early;
	if (early) {
		printf("%ld sleeps ended early\n", early);
		return 1;
	}
	return 0;
}
