/* SPDX-License-Identifier: BSD-2-Clause */
/* How long there and back takes; the first half of the rounds warms up. */
#include "bench.h"

#ifndef ROUND_BYTES
#define ROUND_BYTES 1
#endif
#ifndef ROUNDS
#define ROUNDS 1000
#endif

static void report(const double *us, size_t count)
{
	double most = us[0], least = us[0];

	for (size_t i = 0; i < count; i++) {
		most = us[i] > most ? us[i] : most;
		least = us[i] < least ? us[i] : least;
	}
	printf("latency max: %.1fus, min: %.1fus\n", most, least);
	printf("results: [");
	for (size_t i = 0; i < count; i++)
		printf("%s%.1f", i ? ", " : "", us[i]);
	printf("]\n");
}

int main(int argc, char **argv)
{
	struct bench bench = bench_options(argc, argv, "10.0.0.1", ROUND_BYTES, ROUNDS);
	double *us = calloc(bench.rounds, sizeof(*us));
	int fd;

	if (!us)
		bench_fail("memory");
	fd = bench_connect(&bench);
	bench_no_delay(fd);
	for (size_t i = 0; i < 2 * bench.rounds; i++) {
		uint64_t begin = bench_ns();

		bench_send(&bench, fd);
		bench_receive(&bench, fd);
		if (i >= bench.rounds)
			us[i - bench.rounds] = (double)(bench_ns() - begin) / 1000;
	}
	bench_end(fd);
	report(us, bench.rounds);
	free(us);
	return 0;
}
