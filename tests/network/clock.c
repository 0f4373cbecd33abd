/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits until the time of day is not before that of its argument, and says it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	time_t wanted = argc > 1 ? atol(argv[1]) : 0;
	const struct timespec moment = {0, 20000000};

	for (int i = 0; i < 1000 && time(NULL) < wanted; i++)
		nanosleep(&moment, NULL);
	printf("%ld\n", (long)time(NULL));
	return 0;
}
