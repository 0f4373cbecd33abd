/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monotonic clock. Readers take no lock: they read again when the conversion changed under them (the sequence
 * number is odd while it does).
 */
#include <arch/cpu.h>
#include <base/compiler.h>
#include <base/timeconv.h>
#include <kernel/clock.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>

static struct clock {
	uint32_t sequence;
	struct timeconv to_ns, from_ns;
	uint64_t base_counter, base_ns; /* the clock showed base_ns at base_counter */
} clock;
static struct spinlock clock_lock; /* writers */
static uint64_t realtime_offset;   /* atomic */

static uint64_t convert(const struct clock *c, uint64_t counter)
{
	/* The counters of two CPUs may differ by a few counts: never look like centuries. */
	if (UNLIKELY(counter < c->base_counter))
		return c->base_ns;
	return c->base_ns + timeconv_apply(&c->to_ns, counter - c->base_counter);
}

/*
 * Returns the counter as it was while the copy was good: with a counter read later, an old conversion could show
 * a time that the new one reaches only after it.
 */
static uint64_t read_clock(struct clock *copy)
{
	uint64_t counter;
	uint32_t before;

	do {
		while ((before = __atomic_load_n(&clock.sequence, __ATOMIC_ACQUIRE)) & 1)
			arch_cpu_relax();
		*copy = clock;
		counter = arch_counter_read();
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (READ_ONCE(clock.sequence) != before);
	return counter;
}

/* The counter is read after the readers were told to wait: none of them has seen a later time. */
static void set_rate(uint64_t hz)
{
	uint64_t counter, now;

	__atomic_store_n(&clock.sequence, clock.sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	counter = arch_counter_read();
	now = clock.to_ns.mult ? convert(&clock, counter) : 0;
	clock.to_ns = timeconv_make(hz);
	clock.from_ns = timeconv_make_inverse(hz);
	clock.base_counter = counter;
	clock.base_ns = now;
	__atomic_store_n(&clock.sequence, clock.sequence + 1, __ATOMIC_RELEASE);
}

void clock_init(void)
{
	uint64_t hz = arch_counter_rate();

	if (!hz)
		panic("the rate of the CPU's counter is unknown");
	set_rate(hz);
}

void clock_refine(uint64_t counter_hz)
{
	struct irq_state state = spinlock_lock(&clock_lock);

	set_rate(counter_hz);
	spinlock_unlock(&clock_lock, state);
}

uint64_t clock_monotonic_ns(void)
{
	struct clock copy;
	uint64_t counter;

	if (UNLIKELY(!clock.to_ns.mult))
		return 0;
	counter = read_clock(&copy);
	return convert(&copy, counter);
}

uint64_t clock_at_counter(uint64_t counter)
{
	struct clock copy;

	read_clock(&copy);
	return convert(&copy, counter);
}

uint64_t clock_span_ns(uint64_t counts)
{
	struct clock copy;

	read_clock(&copy);
	return timeconv_apply(&copy.to_ns, counts);
}

uint64_t clock_span_counts(uint64_t ns)
{
	struct clock copy;

	read_clock(&copy);
	return timeconv_apply_up(&copy.from_ns, ns);
}

/* Beyond all counters of the next decades is never: the conversion would overflow. */
uint64_t clock_to_counter(uint64_t ns)
{
	struct clock copy;

	if (ns >> 60)
		return UINT64_MAX;
	read_clock(&copy);
	if (ns <= copy.base_ns)
		return copy.base_counter;
	return copy.base_counter + timeconv_apply_up(&copy.from_ns, ns - copy.base_ns);
}

uint64_t clock_realtime_ns(void)
{
	return clock_monotonic_ns() + __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED);
}

void clock_set_realtime_ns(uint64_t ns)
{
	__atomic_store_n(&realtime_offset, ns - clock_monotonic_ns(), __ATOMIC_RELAXED);
}
