/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends with the status of the first argument, in the way the second one names. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = argc > 1 ? atoi(argv[1]) : 0;

	if (argc > 2 && !strcmp(argv[2], "exit"))
		exit(status);
	if (argc > 2 && !strcmp(argv[2], "_exit"))
		_exit(status);
	if (argc > 2 && !strcmp(argv[2], "abort"))
		abort();
	return status;
}
