/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The speed test of the package, as it is there, between two marks for `make bench`, which counts
 * its instructions here and on Linux. What it wrote to a disk is on it at the second one.
 */
#define main speedtest_main
#include <test/speedtest1.c>
#undef main

#include <unistd.h>

#include "../../include/abi/mark.h"

int main(int argc, char **argv)
{
	int status;

	MARK(0);
	status = speedtest_main(argc, argv);
	sync();
	MARK(1);
	return status;
}
