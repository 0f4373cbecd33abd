/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/time.h> */
#include <stdbool.h>

#include <arch/cpu.h>
#include <unishyper/time.h>

#define NS_PER_S 1000000000u

__attribute__((__visibility__("hidden"))) uint64_t uk_clock_ns(bool real);

uint64_t time_now_cycles(void)
{
	return arch_counter_read();
}

uint64_t time_now_ns(void)
{
	return uk_clock_ns(false);
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
	uint64_t since = uk_clock_ns(false);

	return uk_clock_ns(true) - since;
}
