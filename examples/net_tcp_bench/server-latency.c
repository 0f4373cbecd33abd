/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends back what comes, at once: as many rounds to warm up as rounds that count. */
#include "bench.h"

#ifndef ROUND_BYTES
#define ROUND_BYTES 1
#endif
#ifndef ROUNDS
#define ROUNDS 1000
#endif

int main(int argc, char **argv)
{
	struct bench bench = bench_options(argc, argv, "0.0.0.0", ROUND_BYTES, ROUNDS);
	int fd = bench_accept(&bench);

	bench_no_delay(fd);
	for (size_t i = 0; i < 2 * bench.rounds; i++) {
		bench_receive(&bench, fd);
		bench_send(&bench, fd);
	}
	bench_end(fd);
	printf("Done exchanging stuff\n");
	return 0;
}
