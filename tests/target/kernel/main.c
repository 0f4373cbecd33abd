/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the kernel's suites one test at a time and prints their results, which tests/run.py reads.
 */
#include <stdio.h>
#include <string.h>

/*
 * Runs test `index` inside the kernel: 1 it passed, 0 it failed, negative: there is none. Its name
 * and, if it failed, why, are written to both buffers.
 */
long uk_sys_kernel_test(long index, char *name, char *why, const char *only);

int main(int argc, char **argv)
{
	char name[80], why[200];
	int passed = 0, failed = 0;
	long result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (long i = 0; (result = uk_sys_kernel_test(i, name, why, argc > 1 ? argv[1] : "")) >= 0;
	     i++) {
		if (result == 2) /* not asked for */
			continue;
		printf("%s %s%s%s\n", result ? "PASS" : "FAIL", name, result ? "" : ": ",
		       result ? "" : why);
		*(result ? &passed : &failed) += 1;
	}
	printf("DONE %d passed %d failed\n", passed, failed);
	return failed != 0;
}
