/* SPDX-License-Identifier: BSD-2-Clause */
/* Event counts, on futexes. The test takes for granted that the machine is up for a second. */
#include <unistd.h>

__attribute__((constructor)) static void grow_older(void)
{
	sleep(1);
}

#include <ck_ec/validate/ck_ec_smoke_test.c>
