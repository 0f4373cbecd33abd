/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

int main(void)
{
	printf("Hello from %s\n", "Unishyper");
	return 0;
}
