/* SPDX-License-Identifier: BSD-2-Clause */
/* Says that it is ready and sleeps for ever. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		sleep(1000);
}
