/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast data come in: the time of the middle third of the rounds counts. */
#include "bench.h"

#ifndef ROUND_BYTES
#define ROUND_BYTES 1048576
#endif
#ifndef ROUNDS
#define ROUNDS 100
#endif

int main(int argc, char **argv)
{
	struct bench bench = bench_options(argc, argv, "0.0.0.0", ROUND_BYTES, ROUNDS);
	size_t first = bench.rounds / 3, last = bench.rounds - bench.rounds / 3;
	uint64_t begin = 0, end = 0, stable, us;
	int fd = bench_accept(&bench);

	for (size_t i = 0; i < bench.rounds; i++) {
		if (i == first)
			begin = bench_ns();
		bench_receive(&bench, fd);
		if (i + 1 == last)
			end = bench_ns();
	}
	bench_end(fd);
	stable = (uint64_t)(last - first) * bench.bytes;
	us = (end - begin) / 1000;
	printf("Receive total %llu Bytes, stable %llu Bytes, stable connection for %llu us\n",
	       (unsigned long long)bench.rounds * bench.bytes, (unsigned long long)stable,
	       (unsigned long long)us);
	printf("Available approximated bandwidth: %.2f MB/s\n",
	       (double)stable / (double)(us ? us : 1));
	return 0;
}
