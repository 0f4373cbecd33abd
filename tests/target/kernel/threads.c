/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/sched.h>
#include <kernel/sem.h>

#include "suite.h"

static uint32_t counter;

static uint32_t count(void)
{
	return __atomic_load_n(&counter, __ATOMIC_ACQUIRE);
}

static void count_up(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&counter, 1, __ATOMIC_RELEASE);
}

static void end_with(void *arg)
{
	thread_exit((int)(intptr_t)arg);
}

TEST(threads, are_joined_with_their_status)
{
	for (int i = 0; i < 50; i++) {
		int32_t id = spawn(1 + (unsigned)i % 31, 0, end_with,
				   (void *)(intptr_t)(i * 1000 - 7));
		int status = 0;

		CHECK(!thread_join(id, &status, DEADLINE_NEVER) && status == i * 1000 - 7);
		CHECK(thread_join(id, &status, DEADLINE_NEVER) == -ESRCH);
	}
	CHECK(thread_join(thread_current()->id, NULL, DEADLINE_NEVER) == -EDEADLK);
	CHECK(thread_join(123456, NULL, DEADLINE_NEVER) == -ESRCH);
}

static struct sem gate;

static void wait_gate(void *arg)
{
	(void)arg;
	sem_acquire(&gate, DEADLINE_NEVER);
	count_up(NULL);
}

TEST(threads, joining_may_time_out)
{
	uint64_t deadline;
	int32_t id;

	sem_setup(&gate, 0);
	id = spawn(8, 0, wait_gate, NULL);
	deadline = in_ns(2 * NS_PER_MS);
	CHECK(thread_join(id, NULL, deadline) == -ETIMEDOUT && clock_monotonic_ns() >= deadline);
	sem_release(&gate);
	join(id);
}

TEST(threads, detached_ones_go_by_themselves)
{
	size_t before = thread_count();

	counter = 0;
	sem_setup(&gate, 0);
	for (int i = 0; i < 20; i++) {
		int32_t id = spawn(8, 0, wait_gate, NULL);

		CHECK(!thread_detach(id));
		CHECK(thread_detach(id) == -EINVAL);
		CHECK(thread_join(id, NULL, DEADLINE_NEVER) == -EINVAL);
	}
	for (int i = 0; i < 20; i++)
		sem_release(&gate);
	while (thread_count() > before)
		thread_sleep_until(in_ns(10000));
	CHECK(count() == 20);
}

TEST(threads, two_hundred_at_once)
{
	static int32_t ids[200];

	counter = 0;
	sem_setup(&gate, 0);
	for (int i = 0; i < 200; i++)
		ids[i] = spawn(1 + (unsigned)i % 31, 0, wait_gate, NULL);
	CHECK(thread_count() >= 200);
	for (int i = 0; i < 200; i++)
		sem_release(&gate);
	for (int i = 0; i < 200; i++)
		join(ids[i]);
	CHECK(count() == 200);
}

static unsigned order[40], order_count;

/* On one CPU: nobody else is at it. */
static void note_priority(void *arg)
{
	(void)arg;
	order[order_count++] = thread_current()->priority;
}

TEST(threads, the_most_urgent_run_first)
{
	int32_t ids[15];

	go_to_cpu(0);
	order_count = 0;
	for (unsigned i = 0; i < 15; i++)
		ids[i] = spawn(1 + i * 7 % 15, 1, note_priority, NULL);
	CHECK(order_count == 0);
	for (int i = 0; i < 15; i++)
		join(ids[i]);
	for (unsigned i = 0; i < 15; i++)
		CHECK(order[i] == 15 - i);
}

/*
 * A more urgent thread does not wait until its creator sleeps, nor does one that became more
 * urgent. The CPU interrupts itself, which may take some instructions.
 */
TEST(threads, the_less_urgent_give_way_at_once)
{
	int32_t id;

	go_to_cpu(0);
	counter = 0;
	id = spawn(20, 1, count_up, NULL);
	compute_ns(NS_PER_MS);
	CHECK(count() == 1);
	join(id);
	id = spawn(12, 1, count_up, NULL);
	compute_ns(2 * SCHED_SLICE_NS);
	CHECK(count() == 1);
	CHECK(!thread_set_priority(thread_current()->id, 11));
	compute_ns(NS_PER_MS);
	CHECK(count() == 2);
	CHECK(!thread_set_priority(thread_current()->id, 16));
	join(id);
	CHECK(thread_set_priority(thread_current()->id, PRIORITY_COUNT) == -EINVAL);
	CHECK(thread_set_priority(123456, 5) == -ESRCH);
}

/* Equals that never give way are told to. */
TEST(threads, equals_share_by_slices)
{
	int32_t id;

	go_to_cpu(0);
	counter = 0;
	id = spawn(16, 1, count_up, NULL);
	while (!count())
		compute_ns(NS_PER_MS);
	join(id);
}

static uint32_t stop;

static void spin(void *arg)
{
	uint64_t *rounds = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		__atomic_store_n(rounds, *rounds + 1, __ATOMIC_RELAXED);
}

TEST(threads, the_urgent_starve_the_rest)
{
	uint64_t high = 0, low = 0;
	int32_t ids[2];

	stop = 0;
	go_to_cpu(0);
	ids[0] = spawn(6, 1, spin, &low);
	ids[1] = spawn(7, 1, spin, &high);
	/* The CPU may stand still all that time, as the host likes. */
	do
		thread_sleep_until(in_ns(4 * SCHED_SLICE_NS));
	while (!__atomic_load_n(&high, __ATOMIC_RELAXED));
	EXPECT(!__atomic_load_n(&low, __ATOMIC_RELAXED));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	join(ids[0]);
	join(ids[1]);
}

/* Bound threads look where they are; interrupts are off for the look. */
static void stay(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 50; i++) {
		struct irq_state state = arch_irq_save();

		EXPECT(cpu_self()->index == cpu && cpu_self() == cpu_list[cpu]);
		EXPECT(thread_current()->cpu == cpu_self() &&
		       cpu_self()->current == thread_current());
		arch_irq_restore(state);
		if (i % 3 == 0)
			thread_sleep_until(in_ns(20000));
		else
			thread_yield();
	}
}

TEST(threads, bound_ones_stay)
{
	int32_t ids[16];

	for (unsigned i = 0; i < 16; i++) {
		unsigned cpu = i % cpu_count;

		ids[i] = spawn(8 + i / 4, 1UL << cpu, stay, (void *)(uintptr_t)cpu);
	}
	for (int i = 0; i < 16; i++)
		join(ids[i]);
}

TEST(threads, go_where_they_want)
{
	for (int round = 0; round < 40; round++) {
		unsigned cpu = (unsigned)(round * 3 + round / 4) % cpu_count;
		struct irq_state state;

		go_to_cpu(cpu);
		state = arch_irq_save();
		EXPECT(cpu_self()->index == cpu);
		arch_irq_restore(state);
	}
	CHECK(thread_set_affinity(thread_current()->id, 0) == -EINVAL);
	CHECK(thread_set_affinity(thread_current()->id, 1UL << 63) == -EINVAL);
	CHECK(thread_set_affinity(123456, 1) == -ESRCH);
}

static void wander(void *arg)
{
	uint64_t state = (uintptr_t)arg, sum = 0;

	/*
	 * What it computes is not disturbed by being moved, preempted and put to sleep by others.
	 */
	for (uint64_t i = 0; i < 20000; i++)
		sum += i * (uintptr_t)arg;
	EXPECT(sum == 20000ULL * 19999 / 2 * (uintptr_t)arg);
	for (int i = 0; i < 30; i++) {
		if (next_random(&state) & 1)
			thread_yield();
		else
			thread_sleep_until(in_ns(next_random(&state) % 50000));
	}
}

TEST(threads, are_sent_about_by_others)
{
	uint64_t state = 5, all = (1UL << cpu_count) - 1;
	int32_t ids[12];

	for (uintptr_t i = 0; i < 12; i++)
		ids[i] = spawn(8, 0, wander, (void *)(i + 1));
	for (int i = 0; i < 400; i++) {
		int32_t id = ids[next_random(&state) % 12];
		int error = thread_set_affinity(id, 1 + next_random(&state) % all);

		EXPECT(!error || error == -ESRCH);
		thread_set_priority(id, 6 + (unsigned)(next_random(&state) % 4));
		if (i % 20 == 0)
			thread_sleep_until(in_ns(20000));
	}
	for (int i = 0; i < 12; i++)
		join(ids[i]);
}

static void sleep_often(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (int i = 0; i < 30; i++) {
		uint64_t until = in_ns(next_random(&state) % (2 * NS_PER_MS));

		EXPECT(!thread_sleep_until(until));
		EXPECT(clock_monotonic_ns() >= until);
	}
}

TEST(threads, sleep_is_never_short)
{
	int32_t ids[10];

	for (uintptr_t i = 0; i < 10; i++)
		ids[i] = spawn(4 + (unsigned)i, 0, sleep_often, (void *)(i + 1));
	for (int i = 0; i < 10; i++)
		join(ids[i]);
	CHECK(!thread_sleep_until(0));
}

TEST(threads, know_how_long_they_ran)
{
	const struct thread *self = thread_current();
	uint64_t begin = clock_monotonic_ns(), before = thread_cpu_time_ns(self), used;
	int32_t id;

	compute_ns(5 * NS_PER_MS);
	used = thread_cpu_time_ns(self) - before;
	CHECK(used && used <= clock_monotonic_ns() - begin + 1000);
	/* Who waits uses nothing, once it is off its CPU, which may stand still before. */
	sem_setup(&gate, 0);
	id = spawn(8, 0, wait_gate, NULL);
	self = thread_find(id);
	while (list_empty(&gate.queue.waiters) || READ_ONCE(self->state) != THREAD_BLOCKED ||
	       READ_ONCE(self->cpu->current) == self)
		thread_sleep_until(in_ns(10000));
	used = thread_cpu_time_ns(self);
	thread_sleep_until(in_ns(20 * NS_PER_MS));
	EXPECT(thread_cpu_time_ns(self) == used);
	sem_release(&gate);
	join(id);
}

static void end_soon(void *arg)
{
	(void)arg;
	thread_yield();
}

/* Begin and end from all CPUs, with kept stacks going round. */
static void breed(void *arg)
{
	(void)arg;
	for (int i = 0; i < 60; i++) {
		int32_t first = spawn(8, 0, end_soon, NULL), second = spawn(8, 0, end_soon, NULL);

		if (i % 2)
			EXPECT(!thread_detach(first));
		else
			join(first);
		join(second);
	}
}

TEST(threads, come_and_go_on_all_cpus)
{
	size_t before = thread_count();
	int32_t ids[4];

	for (int i = 0; i < 4; i++)
		ids[i] = spawn(8, 0, breed, NULL);
	for (int i = 0; i < 4; i++)
		join(ids[i]);
	while (thread_count() > before)
		thread_sleep_until(in_ns(10000));
}
