/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the tests whose names are given, or all: [-n ROUNDS] [NAME...]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

void measure_begin(struct measure *measure)
{
	measure->sum = 0;
	measure->least = UINT64_MAX;
}

void measure_add(struct measure *measure, uint64_t duration)
{
	measure->sum += duration;
	if (duration < measure->least)
		measure->least = duration;
}

void measure_print(const struct measure *measure, const char *name, int rounds)
{
	printf("[[TEST]] %s %llu/%d, min %llu\n", name, (unsigned long long)measure->sum, rounds,
	       (unsigned long long)measure->least);
}

void test_fails(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error));
	exit(1);
}

static const struct test *test_named(const char *name)
{
	for (const struct test *test = tests; test->name; test++)
		if (!strcmp(test->name, name))
			return test;
	return NULL;
}

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s [-n ROUNDS] [TEST...]\ntests:", program);
	for (const struct test *test = tests; test->name; test++)
		fprintf(stderr, " %s", test->name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	int rounds = 10000, option;

	while ((option = getopt(argc, argv, "n:")) != -1)
		if (option != 'n' || (rounds = atoi(optarg)) < 1)
			return usage(argv[0]);
	for (int i = optind; i < argc; i++)
		if (!test_named(argv[i]))
			return usage(argv[0]);
	printf("Hello world!\ngenerate_tests:\n");
	for (int i = optind; i < argc; i++)
		test_named(argv[i])->run(rounds);
	for (const struct test *test = tests; optind == argc && test->name; test++)
		test->run(rounds);
	return 0;
}
