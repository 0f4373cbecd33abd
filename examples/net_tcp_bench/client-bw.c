/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends the rounds, and tells how far it is. */
#include "bench.h"

#ifndef ROUND_BYTES
#define ROUND_BYTES 1048576
#endif
#ifndef ROUNDS
#define ROUNDS 100
#endif

int main(int argc, char **argv)
{
	struct bench bench = bench_options(argc, argv, "10.0.0.1", ROUND_BYTES, ROUNDS);
	int fd = bench_connect(&bench);
	size_t told = 0;

	for (size_t i = 1; i <= bench.rounds; i++) {
		bench_send(&bench, fd);
		while (told < i * 10 / bench.rounds)
			printf("%zu0%% completed\n", ++told);
	}
	bench_end(fd);
	printf("Sent everything!\n");
	return 0;
}
