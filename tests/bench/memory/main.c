/* SPDX-License-Identifier: BSD-2-Clause */
/* hello_world, and before its line what sysinfo() says of the memory. */
#include <stdio.h>
#include <sys/sysinfo.h>

int main(void)
{
	struct sysinfo info;
	int failed = sysinfo(&info);

	printf("Hello from Unishyper\n");
	if (!failed)
		printf("memory %llu %llu\n", (unsigned long long)info.totalram * info.mem_unit,
		       (unsigned long long)info.freeram * info.mem_unit);
	return failed ? 1 : 0;
}
