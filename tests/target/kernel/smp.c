/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs, calls between them, timers and the clock as seen from all. */
#include <kernel/irq_watch.h>
#include <kernel/timer.h>

#include "suite.h"

TEST(smp, every_cpu_is_itself)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		const struct cpu *cpu = cpu_list[i];

		CHECK(cpu->self == cpu && cpu->index == i && cpu->online);
		CHECK(cpu->idle && cpu->idle->cpu == cpu && cpu->irq_stack_top &&
		      cpu->emergency_top);
		for (unsigned other = 0; other < i; other++)
			CHECK(cpu->hwid != cpu_list[other]->hwid &&
			      cpu->irq_stack_top != cpu_list[other]->irq_stack_top);
	}
}

static void note_call(void *arg)
{
	uint32_t *calls = arg;

	EXPECT(!arch_irq_enabled());
	__atomic_fetch_add(&calls[cpu_self()->index], 1, __ATOMIC_RELAXED);
}

static void caller(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < 15; i++) {
		uint32_t calls[CPU_MAX] = {0}, sum = 0;

		cpu_call_others(note_call, calls);
		for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
			EXPECT(calls[cpu] <= 1);
			sum += calls[cpu];
		}
		EXPECT(sum == cpu_count - 1);
		if (next_random(&random) % 3 == 0)
			thread_sleep_until(in_ns(next_random(&random) % 50000));
	}
}

/* From all CPUs at once, by threads that push each other aside. */
TEST(smp, all_others_are_called_once)
{
	int32_t ids[8];

	for (uintptr_t i = 0; i < 8; i++)
		ids[i] = spawn(4 + 3 * (unsigned)i, 0, caller, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		join(ids[i]);
}

static uint64_t latest;

/* No CPU sees a time before one that another CPU has already written down. */
static void look_at_clock(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5000; i++) {
		uint64_t before = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
		uint64_t now = clock_monotonic_ns();

		EXPECT(now >= before);
		while (before < now &&
		       !__atomic_compare_exchange_n(&latest, &before, now, false, __ATOMIC_ACQ_REL,
						    __ATOMIC_ACQUIRE))
			;
		if (i % 500 == 0)
			thread_yield();
	}
}

TEST(smp, one_clock_for_all)
{
	int32_t ids[4];

	latest = 0;
	for (unsigned i = 0; i < 4; i++)
		ids[i] = spawn(8, 1UL << i % cpu_count, look_at_clock, NULL);
	for (int i = 0; i < 4; i++)
		join(ids[i]);
}

static struct probe {
	struct timer timer;
	uint64_t fired_ns;
	uint32_t rank;
} probes[40];
static uint32_t fired;

static void note_fire(struct timer *timer)
{
	struct probe *probe = CONTAINER_OF(timer, struct probe, timer);

	EXPECT(!arch_irq_enabled());
	probe->fired_ns = clock_monotonic_ns();
	probe->rank = __atomic_fetch_add(&fired, 1, __ATOMIC_RELEASE);
}

static void wait_for_fires(uint32_t count)
{
	while (__atomic_load_n(&fired, __ATOMIC_ACQUIRE) < count)
		thread_sleep_until(in_ns(NS_PER_MS));
}

/* Never early, in the order of their deadlines, equal ones in the order they were armed. */
TEST(smp, timers_fire_in_order)
{
	struct irq_state state;
	uint64_t base, random = 9;

	go_to_cpu(cpu_count - 1);
	fired = 0;
	/* None fires before all are armed, which takes a while that is not the kernel's. */
	irq_watch_pause(true);
	state = arch_irq_save();
	base = in_ns(NS_PER_MS);
	for (int i = 0; i < 40; i++) {
		probes[i] = (struct probe){.timer.fire = note_fire};
		timer_arm(&probes[i].timer, base + next_random(&random) % 5 * 1000);
	}
	arch_irq_restore(state);
	irq_watch_pause(false);
	wait_for_fires(40);
	for (int i = 0; i < 40; i++) {
		CHECK(probes[i].fired_ns >= probes[i].timer.deadline_ns);
		CHECK(!timer_cancel(&probes[i].timer));
		for (int other = 0; other < i; other++) {
			uint64_t a = probes[i].timer.deadline_ns,
				 b = probes[other].timer.deadline_ns;

			CHECK(a == b ? probes[other].rank < probes[i].rank
				     : (a < b) == (probes[i].rank < probes[other].rank));
		}
	}
}

TEST(smp, a_timer_in_the_past_fires_at_once)
{
	fired = 0;
	probes[0] = (struct probe){.timer.fire = note_fire};
	timer_arm(&probes[0].timer, 1);
	wait_for_fires(1);
	probes[0] = (struct probe){.timer.fire = note_fire};
	/*
	 * One that nobody lives to see, nor the counter: it must not fire because a sum went round.
	 */
	timer_arm(&probes[0].timer, UINT64_MAX - 1);
	thread_sleep_until(in_ns(2 * NS_PER_MS));
	CHECK(fired == 1 && timer_cancel(&probes[0].timer));
}

static uint32_t allowed[8];
static struct timer racing[8];

static void fire_if_allowed(struct timer *timer)
{
	EXPECT(__atomic_load_n(&allowed[timer - racing], __ATOMIC_ACQUIRE));
}

/* Armed on one CPU, cancelled on another: afterwards the callback neither runs nor is running. */
static void arm_and_cancel(void *arg)
{
	size_t mine = (uintptr_t)arg;
	uint64_t random = mine;

	for (int i = 0; i < 200; i++) {
		__atomic_store_n(&allowed[mine], 1, __ATOMIC_RELEASE);
		racing[mine].fire = fire_if_allowed;
		timer_arm(&racing[mine], in_ns(next_random(&random) % 20000));
		if (i % 4 == 0)
			go_to_cpu((unsigned)(i / 4) % cpu_count);
		else
			compute_ns(next_random(&random) % 20000);
		timer_cancel(&racing[mine]);
		__atomic_store_n(&allowed[mine], 0, __ATOMIC_RELEASE);
	}
}

TEST(smp, a_cancelled_timer_does_not_fire)
{
	int32_t ids[8];

	for (uintptr_t i = 0; i < 8; i++)
		ids[i] = spawn(8, 0, arm_and_cancel, (void *)i);
	for (int i = 0; i < 8; i++)
		join(ids[i]);
}
