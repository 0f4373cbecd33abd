/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter's rate by comparison with a clock chip: a first value from what boot takes anyway,
 * better ones two timers later. Linked only where the CPU may not know its rate.
 */
#include <arch/cpu.h>
#include <base/compiler.h>
#include <base/timeconv.h>
#include <kernel/clock.h>
#include <kernel/timer.h>

/* Reading a chip through an emulator takes long: fewer of its ticks say nothing. */
#define TICKS_MIN   16
#define READINGS    3
#define NARROW_BITS 16 /* such a chip may turn round during boot: it is compared in one go */
#define COUNTER_MAX (16 * 1000000000UL) /* Hz; found faster: it did turn round */

static const struct clock_reference *reference;
static uint64_t first_ticks, first_counter;
static uint64_t rate; /* best known */

static uint64_t mask(void)
{
	return ~0UL >> (64 - reference->bits);
}

/*
 * The chip and, as if at the same time, the counter: of a few readings the one that took least, for
 * an emulator may be interrupted in the middle.
 */
static uint64_t read_pair(uint64_t *counter)
{
	uint64_t ticks = 0, least = UINT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		uint64_t before = arch_counter_read(), now = reference->read();
		uint64_t took = arch_counter_read() - before;

		if (took < least) {
			least = took;
			ticks = now;
			*counter = before + took / 2;
		}
	}
	return ticks;
}

void clock_register_reference(const struct clock_reference *candidate)
{
	if (reference)
		return;
	reference = candidate;
	first_ticks = read_pair(&first_counter);
}

/* value * to / from */
static NOINLINE uint64_t scale(uint64_t value, uint64_t to, uint64_t from)
{
	struct timeconv ratio = timeconv_ratio(to, from);

	return timeconv_apply(&ratio, value);
}

/*
 * The chip's ticks since the first pair: how often it turned round is known from the rate so far.
 */
static uint64_t elapsed(uint64_t ticks, uint64_t counts)
{
	uint64_t low = (ticks - first_ticks) & mask(), expected;

	if (!rate)
		return low;
	expected = scale(counts, reference->hz, rate);
	return expected +
	       ((int64_t)((low - expected) << (64 - reference->bits)) >> (64 - reference->bits));
}

uint64_t clock_reference_rate(void)
{
	if (!reference)
		return 0;
	if (reference->bits <= NARROW_BITS)
		first_ticks = read_pair(&first_counter);
	for (;;) {
		uint64_t counter, ticks = read_pair(&counter);

		ticks = elapsed(ticks, counter - first_counter);
		if (ticks < TICKS_MIN)
			continue;
		rate = (counter - first_counter) * reference->hz / ticks;
		if (rate < COUNTER_MAX)
			return rate;
		rate = 0;
		first_ticks = read_pair(&first_counter);
	}
}

static void refine(struct timer *timer)
{
	uint64_t counter, ticks = read_pair(&counter);

	(void)timer;
	counter -= first_counter;
	ticks = elapsed(ticks, counter);
	rate = scale(counter, reference->hz, ticks);
	clock_refine(rate);
}

void clock_reference_watch(void)
{
	static struct timer soon = {.fire = refine}, later = {.fire = refine};

	if (!rate)
		return;
	timer_arm(&soon, 10 * NS_PER_MS);
	timer_arm(&later, NS_PER_S);
}
