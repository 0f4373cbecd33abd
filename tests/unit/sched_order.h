/* SPDX-License-Identifier: BSD-2-Clause */
/* Part of test_sched.c: who runs, where and when. */

static unsigned stop_all;

static void busy(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop_all, __ATOMIC_RELAXED))
		sim_work(50);
}

static uint64_t slots[3];

static void hog(void *arg)
{
	uint64_t *mine = arg;

	while (!__atomic_load_n(&stop_all, __ATOMIC_RELAXED)) {
		sim_work(500);
		++*mine;
	}
}

/* Three that never give way share one CPU, and a less urgent one gets nothing. */
static void share_main(void *arg)
{
	uint64_t loser = 0, least = UINT64_MAX, most = 0;
	int32_t ids[4];

	(void)arg;
	sim_speed = 2000;
	thread_set_affinity(thread_current()->id, 1);
	for (int i = 0; i < 3; i++)
		ids[i] = spawn_with((struct thread_attr){.affinity = 1}, hog, &slots[i])->id;
	ids[3] = spawn_with((struct thread_attr){.affinity = 1, .priority = 7}, hog, &loser)->id;
	thread_sleep_until(clock_monotonic_ns() + 30 * SCHED_SLICE_NS);
	EXPECT(loser == 0);
	for (int i = 0; i < 3; i++) {
		least = slots[i] < least ? slots[i] : least;
		most = slots[i] > most ? slots[i] : most;
	}
	EXPECT(least * 5 > most * 4);
	stop_all = 1;
	for (int i = 0; i < 4; i++)
		join(ids[i]);
	done();
}

TEST(equals_share_the_time)
{
	run(share_main, 1, 2);
}

/* Woken threads of all priorities come and go; check_urgency() and check_thread() look on. */
static void restless(void *arg)
{
	(void)arg;
	for (int i = 0; i < 15; i++) {
		sim_work(sim_random(500));
		switch (sim_random(5)) {
		case 0:
			thread_yield();
			break;
		case 1:
			thread_set_priority(thread_current()->id, 1 + (unsigned)sim_random(31));
			break;
		case 2:
			thread_sleep_until(clock_monotonic_ns() + sim_random(20000));
			break;
		}
	}
}

static void urgency_main(void *arg)
{
	int32_t ids[16];

	(void)arg;
	for (int i = 0; i < 16; i++)
		ids[i] = spawn(1 + (unsigned)sim_random(31), restless, NULL);
	for (int i = 0; i < 16; i++)
		join(ids[i]);
	done();
}

TEST(the_most_urgent_runs)
{
	run(urgency_main, 1, 4);
}

static unsigned sequence;

static void expect_first(void *arg)
{
	EXPECT(__atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED) == (unsigned)(uintptr_t)arg);
}

/* Waking a more urgent thread of the same CPU, and making oneself less urgent, means giving way. */
static void wake_main(void *arg)
{
	struct thread_attr attr = {.priority = 20, .affinity = 1};
	struct thread *thread;

	(void)arg;
	thread_set_affinity(thread_current()->id, 1);
	thread = spawn_with(attr, expect_first, (void *)1);
	EXPECT(__atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED) == 2);
	join(thread->id);
	attr.priority = 10;
	thread = spawn_with(attr, expect_first, (void *)4);
	EXPECT(__atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED) == 3);
	thread_set_priority(thread_current()->id, 9);
	EXPECT(__atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED) == 5);
	join(thread->id);
	done();
}

TEST(the_less_urgent_gives_way_at_once)
{
	run(wake_main, 1, 2);
}

/* As above, with an equal: a slice has to be counted from then on. */
static void equal_main(void *arg)
{
	struct thread_attr attr = {.priority = 10, .affinity = 1};
	int32_t id;

	(void)arg;
	sim_speed = 2000;
	thread_set_affinity(thread_current()->id, 1);
	id = spawn_with(attr, expect_first, (void *)1)->id;
	thread_set_priority(thread_current()->id, 10);
	while (!__atomic_load_n(&sequence, __ATOMIC_RELAXED))
		sim_work(100);
	join(id);
	done();
}

TEST(who_becomes_an_equal_shares)
{
	run(equal_main, 1, 2);
}

static void pinned(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 20; i++) {
		EXPECT(sim_cpu() == cpu);
		sim_work(sim_random(300));
		if (sim_random(3) == 0)
			thread_sleep_until(clock_monotonic_ns() + sim_random(3000));
		else if (sim_random(3) == 0)
			thread_yield();
	}
}

static void pinned_main(void *arg)
{
	int32_t ids[16];

	(void)arg;
	for (unsigned i = 0; i < 16; i++) {
		struct thread_attr attr = {.affinity = 1UL << i % cpu_count};

		ids[i] = spawn_with(attr, pinned, (void *)(uintptr_t)(i % cpu_count))->id;
	}
	for (int i = 0; i < 16; i++)
		join(ids[i]);
	done();
}

TEST(bound_threads_stay_where_they_are)
{
	run(pinned_main, 1, 4);
}

static void wanderer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 15; i++) {
		uint64_t mask = 1 + sim_random((1UL << cpu_count) - 1);

		EXPECT(!thread_set_affinity(thread_current()->id, mask));
		EXPECT(mask >> sim_cpu() & 1);
		sim_work(sim_random(200));
	}
}

static int32_t moved_ids[8];

static void mover(void *arg)
{
	(void)arg;
	for (int i = 0; i < 40; i++) {
		int32_t id = moved_ids[sim_random(8)];

		sim_work(sim_random(100));
		thread_set_affinity(id, 1 + sim_random((1UL << cpu_count) - 1));
		thread_set_priority(id, 4 + (unsigned)sim_random(8));
	}
}

static void move_main(void *arg)
{
	int32_t ids[3];

	(void)arg;
	EXPECT(thread_set_affinity(thread_current()->id, 0) == -EINVAL);
	EXPECT(thread_set_affinity(thread_current()->id, 1UL << 20) == -EINVAL);
	EXPECT(thread_set_affinity(99999, 1) == -ESRCH);
	EXPECT(thread_set_priority(thread_current()->id, PRIORITY_COUNT) == -EINVAL);
	for (int i = 0; i < 8; i++)
		moved_ids[i] = spawn(8, restless, NULL);
	for (int i = 0; i < 3; i++)
		ids[i] = spawn(8, i < 2 ? mover : wanderer, NULL);
	for (int i = 0; i < 8; i++)
		join(moved_ids[i]);
	for (int i = 0; i < 3; i++)
		join(ids[i]);
	done();
}

TEST(threads_go_where_they_are_sent)
{
	run(move_main, 1, 4);
}

static uint64_t aside, aside_before;

static void push_aside(void *arg)
{
	thread_sleep_until(*(uint64_t *)arg);
	aside_before = aside;
	busy(NULL);
}

/*
 * Pushed aside by a thread bound to the CPU, a thread goes on at one that has been idle for long.
 */
static void aside_main(void *arg)
{
	uint64_t when = clock_monotonic_ns() + 200000;
	struct thread_attr attr = {.priority = 5, .affinity = 1};
	int32_t low, high;

	(void)arg;
	thread_set_affinity(thread_current()->id, 2);
	low = spawn_with(attr, hog, &aside)->id;
	attr.priority = 20;
	high = spawn_with(attr, push_aside, &when)->id;
	thread_set_affinity(low, 3);
	thread_sleep_until(when + 500000);
	EXPECT(aside_before && aside > aside_before + 10);
	stop_all = 1;
	join(high);
	join(low);
	done();
}

TEST(who_is_pushed_aside_goes_elsewhere)
{
	run(aside_main, 2, 3);
}

/* A waiting thread goes to a CPU that becomes idle. */
static void idle_main(void *arg)
{
	struct thread_attr attr = {.priority = 20, .affinity = 1};
	int32_t ids[12];

	(void)arg;
	ids[0] = spawn_with(attr, busy, NULL)->id;
	for (int i = 1; i < 12; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(8), count_up, NULL);
	for (int i = 1; i < 12; i++)
		join(ids[i]);
	stop_all = 1;
	join(ids[0]);
	done();
}

TEST(no_cpu_idles_while_a_thread_waits)
{
	run(idle_main, 2, 4);
}

static void note_call(void *arg)
{
	unsigned *calls = arg;

	EXPECT(!arch_irq_enabled());
	__atomic_fetch_add(&calls[cpu_self()->index], 1, __ATOMIC_RELAXED);
}

static void caller(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		unsigned calls[SIM_CPUS_MAX] = {0}, sum = 0;

		cpu_call_others(note_call, calls);
		for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
			EXPECT(calls[cpu] <= 1);
			sum += calls[cpu];
		}
		EXPECT(sum == cpu_count - 1);
		if (sim_random(3) == 0)
			thread_sleep_until(clock_monotonic_ns() + sim_random(5000));
	}
}

/* From several CPUs at once, by threads that push each other aside. */
static void call_main(void *arg)
{
	int32_t ids[8];

	(void)arg;
	for (int i = 0; i < 8; i++)
		ids[i] = spawn(1 + (unsigned)sim_random(31), caller, NULL);
	for (int i = 0; i < 8; i++)
		join(ids[i]);
	done();
}

TEST(all_other_cpus_are_called_once)
{
	run(call_main, 1, 5);
}

static void burn(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++)
		sim_work(1000);
}

/* The time of a thread only grows, and that of all is no more than has passed. */
static void time_main(void *arg)
{
	uint64_t begin = arch_counter_read(), last[6] = {0}, sum = 0;
	struct thread *threads[6];
	bool going = true;

	(void)arg;
	for (int i = 0; i < 6; i++)
		threads[i] = spawn_with((struct thread_attr){0}, burn, NULL);
	while (going) {
		going = false;
		for (int i = 0; i < 6; i++) {
			uint64_t ns = thread_cpu_time_ns(threads[i]);

			EXPECT(ns >= last[i] && ns <= clock_span_ns(arch_counter_read() - begin));
			last[i] = ns;
			going |= threads[i]->state != THREAD_DEAD;
		}
		thread_sleep_until(clock_monotonic_ns() + 5000);
	}
	for (int i = 0; i < 6; i++) {
		sum += last[i];
		EXPECT(last[i] > 0);
		join(threads[i]->id);
	}
	EXPECT(sum <= cpu_count * clock_span_ns(arch_counter_read() - begin));
	done();
}

TEST(threads_know_their_time)
{
	run(time_main, 1, 4);
}
