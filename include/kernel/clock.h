/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time. The monotonic clock counts ns since boot from the CPU's counter and never goes back; the
 * wall clock is it plus an offset read once from the real-time clock chip. Any context.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_US 1000ULL

/* Boot table row: take the counter's rate (arch_counter_rate()). */
void clock_init(void);

uint64_t clock_monotonic_ns(void);

/* Either, as the C library's clock_gettime() reads it (posix/libc/clock_gettime.c). */
uint64_t uk_clock_ns(bool real);

/* Counter value at which the monotonic clock reaches `ns`, rounded up. */
uint64_t clock_to_counter(uint64_t ns);

/* Length of a span of the counter, and of a span of time in counts, at the present rate. */
uint64_t clock_span_ns(uint64_t counts);
uint64_t clock_span_counts(uint64_t ns);

/* ns since 1970-01-01 UTC; counts from the boot time 0 when the machine has no clock chip. */
uint64_t clock_realtime_ns(void);
/* Returns how far it went forward. */
int64_t clock_set_realtime_ns(uint64_t ns);

/* A better rate for the counter became known: go on from the present time without a step. */
void clock_refine(uint64_t counter_hz);

/*
 * A clock chip with a known rate for calibrating a counter whose rate the CPU does not tell.
 * Drivers register one at probe, the earlier the better; the first one is taken. Early boot.
 */
struct clock_reference {
	uint64_t hz;
	uint64_t (*read)(void); /* counts up, `bits` wide */
	unsigned bits;
};
void clock_register_reference(const struct clock_reference *reference);

/*
 * For arch_counter_rate(): the rate as compared with the reference up to now; 0 if there is none.
 * Early boot.
 */
uint64_t clock_reference_rate(void);

/*
 * If clock_reference_rate() was asked: make that better within the first second. Boot CPU,
 * timers up.
 */
void clock_reference_watch(void);
