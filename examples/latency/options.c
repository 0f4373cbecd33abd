/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: cyclictest's letters. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "latency.h"

struct options options = {
	.interval_us = 1000,
	.distance_us = 500,
	.loops = 1000,
	.threads = 1,
	.priority = 40,
	.load = 3,
	.bins = 1000,
};

static const char help[] =
	"usage: latency [-t N] [-p PRIO] [-i US] [-d US] [-l N] [-h BINS] [-w N] [-N] [-n] [-q]\n"
	"  -t  threads that measure (1)          -p  SCHED_FIFO priority of the first (40)\n"
	"  -i  interval of the first, us (1000)   -d  how much longer each further one's is (500)\n"
	"  -l  rounds (1000)                     -h  print a histogram of so many bins\n"
	"  -w  threads that make load (3)        -N  ns instead of us\n"
	"  -q  only what comes at the end        -n  sleep by clock_nanosleep (always so)\n";

static bool number(const char *text, long low, long high, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return !errno && end != text && !*end && *value >= low && *value <= high;
}

static bool take(int letter, const char *text)
{
	long value, low = letter == 'w' || letter == 'd' ? 0 : 1, high = 1000000000;

	if (letter == 't')
		high = THREADS_MAX;
	else if (letter == 'h')
		high = BINS_MAX;
	else if (letter == 'w')
		high = 64;
	else if (letter == 'p')
		high = sched_get_priority_max(SCHED_FIFO);
	if (!number(text, low, high, &value)) {
		fprintf(stderr, "latency: -%c %s: a number from %ld to %ld is needed\n", letter,
			text, low, high);
		return false;
	}
	switch (letter) {
	case 't':
		options.threads = (int)value;
		break;
	case 'p':
		options.priority = (int)value;
		break;
	case 'i':
		options.interval_us = value;
		break;
	case 'd':
		options.distance_us = value;
		break;
	case 'l':
		options.loops = value;
		break;
	case 'w':
		options.load = (int)value;
		break;
	default:
		options.histogram = true;
		options.bins = value;
	}
	return true;
}

int options_parse(int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "t:p:i:d:l:h:w:Nnq")) != -1) {
		if (letter == 'N')
			options.ns = true;
		else if (letter == 'q')
			options.quiet = true;
		else if (letter == '?') {
			fputs(help, stderr);
			return 2;
		} else if (letter != 'n' && !take(letter, optarg))
			return 2;
	}
	if (optind < argc) {
		fputs(help, stderr);
		return 2;
	}
	return 0;
}
