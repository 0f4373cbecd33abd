/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monotonic clock. Readers take no lock: they read again when the conversion changed under them
 * (the sequence number is odd while it does).
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

static ALWAYS_INLINE uint64_t convert(const struct clock *c, uint64_t counter)
{
	/* The counters of two CPUs may differ by a few counts: never look like centuries. */
	if (UNLIKELY(counter < c->base_counter))
		return c->base_ns;
	return c->base_ns + timeconv_apply(&c->to_ns, counter - c->base_counter);
}

/*
 * A formula over the clock, worked out again when the clock changed meanwhile. Formulas read the
 * counter themselves: with one read later, an old conversion could show a time that the new one
 * reaches only after it.
 */
static uint64_t consistent(uint64_t (*formula)(const struct clock *, uint64_t), uint64_t value)
{
	uint64_t result;
	uint32_t before;

	do {
		while ((before = __atomic_load_n(&clock.sequence, __ATOMIC_ACQUIRE)) & 1)
			arch_cpu_relax();
		result = formula(&clock, value);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (READ_ONCE(clock.sequence) != before);
	return result;
}

static uint64_t span_ns(const struct clock *c, uint64_t counts)
{
	return timeconv_apply(&c->to_ns, counts);
}

static uint64_t span_counts(const struct clock *c, uint64_t ns)
{
	return timeconv_apply_up(&c->from_ns, ns);
}

static uint64_t to_counter(const struct clock *c, uint64_t ns)
{
	return ns <= c->base_ns ? c->base_counter
				: c->base_counter + span_counts(c, ns - c->base_ns);
}

/* The counter is read after the readers were told to wait: none of them has seen a later time. */
static void set_rate(uint64_t hz)
{
	uint64_t counter, shown;

	__atomic_store_n(&clock.sequence, clock.sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	counter = arch_counter_read();
	shown = clock.to_ns.mult ? convert(&clock, counter) : 0;
	clock.to_ns = timeconv_make(hz);
	clock.from_ns = timeconv_make_inverse(hz);
	clock.base_counter = counter;
	clock.base_ns = shown;
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

/*
 * consistent() of the clock itself, written out since nothing is asked as often. The C library
 * calls it as a function, on the program's stack, where a signal or a kill may come at any
 * instruction: it takes nothing and touches no memory of the program's.
 */
uint64_t uk_clock_ns(bool real)
{
	uint64_t ns;
	uint32_t before;

	do {
		while ((before = __atomic_load_n(&clock.sequence, __ATOMIC_ACQUIRE)) & 1)
			arch_cpu_relax();
		ns = convert(&clock, arch_counter_read());
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (READ_ONCE(clock.sequence) != before);
	return real ? ns + __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED) : ns;
}

uint64_t clock_monotonic_ns(void)
{
	return LIKELY(clock.to_ns.mult) ? uk_clock_ns(false) : 0;
}

uint64_t clock_span_ns(uint64_t counts)
{
	return consistent(span_ns, counts);
}

uint64_t clock_span_counts(uint64_t ns)
{
	return consistent(span_counts, ns);
}

/* Beyond all counters of the next decades is never: the conversion would overflow. */
uint64_t clock_to_counter(uint64_t ns)
{
	return ns >> 60 ? UINT64_MAX : consistent(to_counter, ns);
}

uint64_t clock_realtime_ns(void)
{
	return clock_monotonic_ns() + __atomic_load_n(&realtime_offset, __ATOMIC_RELAXED);
}

int64_t clock_set_realtime_ns(uint64_t ns)
{
	uint64_t offset = ns - clock_monotonic_ns();

	return (int64_t)(offset - __atomic_exchange_n(&realtime_offset, offset, __ATOMIC_RELAXED));
}
