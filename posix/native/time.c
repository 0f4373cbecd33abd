/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/time.h> */
#define _GNU_SOURCE
#include <time.h>

#include <arch/cpu.h>
#include <unishyper/time.h>

#define NS_PER_S 1000000000u

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t time_now_cycles(void)
{
	return arch_counter_read();
}

uint64_t time_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t time_now_us(void)
{
	return time_now_ns() / 1000;
}

uint64_t time_now_ms(void)
{
	return time_now_ns() / 1000000;
}

uint64_t time_now_s(void)
{
	return time_now_ns() / NS_PER_S;
}

uint64_t time_boot_ns(void)
{
	uint64_t since = time_now_ns();

	return clock_ns(CLOCK_REALTIME) - since;
}
