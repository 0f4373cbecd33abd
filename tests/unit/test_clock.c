/* SPDX-License-Identifier: BSD-2-Clause */
// sources: kernel/clock.c kernel/clock_reference.c kernel/spinlock.c lib/timeconv.c lib/fmt.c
// sources: lib/str.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host
#include <arch/cpu.h>
#include <kernel/clock.h>
#include <kernel/timer.h>

#include "fresh.h"
#include "host.h"

static uint64_t rate = 62500000;

uint64_t arch_counter_rate(void)
{
	uint64_t compared = clock_reference_rate();

	return compared ? compared : rate;
}

static struct timer *armed[4];
static unsigned armed_count;

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
	timer->deadline_ns = deadline_ns;
	armed[armed_count++] = timer;
}

FRESH_TEST(it_begins_with_zero)
{
	host_counter = 123456789;
	CHECK(clock_monotonic_ns() == 0);
	clock_init();
	CHECK(clock_monotonic_ns() < 100);
	host_counter += rate;
	CHECK(clock_monotonic_ns() / 100 == NS_PER_S / 100);
}

FRESH_TEST(a_rate_there_must_be)
{
	rate = 0;
	CHECK(HOST_STOPS(clock_init()));
	CHECK(strstr(host_stop_reason, "rate"));
}

static uint64_t time_at(uint64_t counter)
{
	host_counter = counter - host_counter_step;
	return clock_monotonic_ns();
}

/* A deadline is reached at its counter value, and not before; for all rates there are. */
static void check_deadlines(uint64_t hz)
{
	uint64_t seed = hz;

	rate = hz;
	host_counter = unit_random(&seed) >> 20;
	clock_init();
	for (int i = 0; i < 2000; i++) {
		uint64_t ns = unit_random(&seed) >> (5 + i % 58), counter = clock_to_counter(ns);

		CHECK(time_at(counter) >= ns);
		CHECK(hz > NS_PER_S || time_at(counter - 1) < ns + NS_PER_S / hz);
	}
}

FRESH_TEST(deadlines_10_mhz)
{
	check_deadlines(10000000);
}

FRESH_TEST(deadlines_62_5_mhz)
{
	check_deadlines(62500000);
}

FRESH_TEST(deadlines_3_ghz)
{
	check_deadlines(2999999937);
}

FRESH_TEST(deadlines_32_khz)
{
	check_deadlines(32768);
}

/* What nobody lives to see is never, not soon. */
FRESH_TEST(far_deadlines_do_not_go_round)
{
	rate = 3000000000;
	host_counter = 1UL << 55;
	clock_init();
	for (unsigned shift = 55; shift < 64; shift++)
		CHECK(clock_to_counter(1UL << shift) > host_counter + (1UL << 55));
	CHECK(clock_to_counter(UINT64_MAX - 1) == UINT64_MAX);
}

FRESH_TEST(other_rates_do_not_turn_it_back)
{
	uint64_t seed = 1, last = 0;

	clock_init();
	for (int i = 0; i < 20000; i++) {
		uint64_t now;

		host_counter += unit_random(&seed) % 5000000;
		if (i % 3 == 0)
			clock_refine(rate / 2 + unit_random(&seed) % rate);
		now = clock_monotonic_ns();
		CHECK(now >= last);
		last = now;
	}
}

/* A reader was stopped half way, and meanwhile it was found that the clock had gone too fast. */
static void refine_slower(void)
{
	host_counter += 50000000;
	clock_refine(rate * 2);
}

static void refine_faster(void)
{
	host_counter += 50000000;
	clock_refine(rate / 2);
}

FRESH_TEST(a_reader_is_overtaken)
{
	clock_init();
	for (int i = 0; i < 10; i++) {
		uint64_t first, second;

		clock_refine(rate);
		host_counter += 1000000;
		host_counter_hook = i % 2 ? refine_faster : refine_slower;
		first = clock_monotonic_ns();
		second = clock_monotonic_ns();
		CHECK(!host_counter_hook && first <= second);
	}
}

FRESH_TEST(the_wall_clock)
{
	clock_init();
	CHECK(clock_realtime_ns() < 1000);
	CHECK((uint64_t)clock_set_realtime_ns(1700000000 * NS_PER_S) / NS_PER_S >= 1699999999);
	host_counter += rate * 5;
	CHECK(clock_realtime_ns() / NS_PER_MS == 1700000005000);
	CHECK(clock_set_realtime_ns(1700000001 * NS_PER_S) / (int64_t)NS_PER_MS == -4000);
	CHECK(clock_monotonic_ns() / NS_PER_MS == 5000);
}

FRESH_TEST(spans)
{
	clock_init();
	CHECK(clock_span_ns(62500000) / 10 == NS_PER_S / 10);
	CHECK(clock_span_counts(NS_PER_S) >= 62500000 && clock_span_counts(NS_PER_S) < 62500010);
	CHECK(clock_span_ns(0) == 0);
}

/* A chip of so many bits, looked at a counter of 2.4 GHz that does not know its own rate. */
static struct clock_reference chip;
static const uint64_t true_rate = 2399987654;

static uint64_t read_chip(void)
{
	host_counter += 3000; /* through an emulator that takes its time */
	return (uint64_t)((unsigned __int128)host_counter * chip.hz / true_rate + 77777) &
	       (~0UL >> (64 - chip.bits));
}

static bool near(uint64_t value, uint64_t wanted, uint64_t ppm)
{
	uint64_t off = value > wanted ? value - wanted : wanted - value;

	return off <= wanted / 1000000 * ppm;
}

static void check_chip(uint64_t hz, unsigned bits, uint64_t boot_counts)
{
	uint64_t before, seen;

	chip = (struct clock_reference){.hz = hz, .read = read_chip, .bits = bits};
	host_counter = 5000000000;
	clock_register_reference(&chip);
	host_counter += boot_counts;
	clock_init();
	seen = clock_span_counts(NS_PER_S);
	CHECK(near(seen, true_rate, 70000));
	clock_reference_watch();
	CHECK(armed_count == 2);
	for (unsigned i = 0; i < 2; i++) {
		host_counter += true_rate / 1000000 * (armed[i]->deadline_ns / 1000) / (i + 1);
		before = clock_monotonic_ns();
		armed[i]->fire(armed[i]);
		CHECK(clock_monotonic_ns() >= before);
		seen = clock_span_counts(NS_PER_S);
		CHECK(near(seen, true_rate, i ? 60 : 5000));
	}
}

FRESH_TEST(by_the_pm_timer)
{
	check_chip(3579545, 24, 10000000);
}

FRESH_TEST(by_the_pm_timer_read_at_once)
{
	check_chip(3579545, 24, 0);
}

FRESH_TEST(by_the_pit)
{
	check_chip(1193182, 16, 400000000);
}

FRESH_TEST(by_the_hpet)
{
	check_chip(100000000, 32, 30000000);
}
