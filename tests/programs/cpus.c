/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints how many CPUs and how much memory there are. */
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

int main(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return 1;
	printf("cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	printf("total %llu\nfree %llu\n", (unsigned long long)info.totalram * info.mem_unit,
	       (unsigned long long)info.freeram * info.mem_unit);
	return 0;
}
