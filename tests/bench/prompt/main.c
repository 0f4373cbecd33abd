/* SPDX-License-Identifier: BSD-2-Clause */
/* hello_world, ten seconds that are counted, and what sysinfo() says then. */
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <abi/mark.h>

int main(void)
{
	struct sysinfo info;

	printf("Hello from Unishyper\n");
	sleep(2);
	MARK(1);
	sleep(10);
	MARK(2);
	if (sysinfo(&info))
		return 1;
	printf("memory %llu\n", (unsigned long long)info.freeram * info.mem_unit);
	fflush(stdout);
	return 0;
}
