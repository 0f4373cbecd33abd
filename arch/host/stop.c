/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the kernel, which a test may be waiting for. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <base/fmt.h>
#include <kernel/panic.h>
#include <kernel/power.h>

#include "host.h"

jmp_buf host_stop;
bool host_stop_wanted;
char host_stop_reason[256];

static _Noreturn void stop(void)
{
	if (host_stop_wanted)
		longjmp(host_stop, 1);
	printf("FAIL the kernel stopped: %s\n", host_stop_reason);
	fflush(stdout);
	abort();
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fmt_vstring(host_stop_reason, sizeof(host_stop_reason), format, args);
	va_end(args);
	stop();
}

void power_stop(const char *reason)
{
	snprintf(host_stop_reason, sizeof(host_stop_reason), "%s", reason);
	stop();
}
